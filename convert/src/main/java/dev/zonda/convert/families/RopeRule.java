package dev.zonda.convert.families;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;

/// Rotary embedding: its base frequency, and how it is stretched to longer texts.
final class RopeRule implements MetadataRule {
  /// Fractions that YaRN may have, with GGUF's names; the first field that is there counts.
  private static final List<YarnField> YARN_FIELDS =
      List.of(
          new YarnField("yarn_ext_factor", List.of("extrapolation_factor")),
          new YarnField("yarn_attn_factor", List.of("attention_factor", "attn_factor")),
          new YarnField("yarn_beta_fast", List.of("beta_fast")),
          new YarnField("yarn_beta_slow", List.of("beta_slow")));

  private record YarnField(String key, List<String> fields) {}

  @Override
  public void write(Source source, Metadata.Builder metadata) throws FormatException {
    RopeParameters rope = RopeParameters.of(source.config());
    rope.note(source.notes());
    if (rope.fields().isPresent()) {
      writeScaling(source, rope, metadata);
    }
    rope.theta()
        .ifPresent(value -> metadata.putFloat32(source.key("rope.freq_base"), (float) value));
    rope.slidingTheta()
        .ifPresent(value -> metadata.putFloat32(source.key("rope.freq_base_swa"), (float) value));
  }

  private static void writeScaling(Source source, RopeParameters rope, Metadata.Builder metadata)
      throws FormatException {
    JsonFields fields = rope.fields().orElseThrow();
    String type = rope.type();
    switch (type) {
      case "default", "llama3" -> {
        // Nothing to say, and factors in a tensor of their own.
      }
      case "linear" -> writeFactor(source, fields, type, metadata);
      case "yarn" -> {
        writeFactor(source, fields, type, metadata);
        metadata.putUint32(
            source.key("rope.scaling.original_context_length"), rope.originalLength());
        for (YarnField field : YARN_FIELDS) {
          writeFirst(source, fields, field, metadata);
        }
        keepMagnitude(source, fields);
        if (!fields.bool("truncate").orElse(true)) {
          source.unwritten().putBool(source.key("rope.scaling.yarn_truncate"), false);
        }
      }
      case "longrope", "su" -> metadata.putText(source.key("rope.scaling.type"), "longrope");
      case "dynamic" -> keepDynamic(source, fields);
      default ->
          throw fields.problem(
              "rope_type",
              "is '" + type + "', expected default, linear, yarn, llama3, longrope or dynamic");
    }
  }

  /// For families whose converter drops how the embedding is stretched, though GGUF has keys.
  static void writeDropped(Source source, RopeParameters rope, Metadata.Builder metadata)
      throws FormatException {
    String type = rope.type();
    if (rope.fields().isEmpty() || !source.isCorrected() || type.equals("default")) {
      return;
    }
    switch (type) {
      case "linear", "yarn" -> {
        writeScaling(source, rope, metadata);
        source
            .notes()
            .add("rope_type '%s' written; the reference drops it (--as-reference)".formatted(type));
      }
      case "dynamic" -> keepDynamic(source, rope.fields().get());
      default -> source.notes().add("rope_type '%s' is not applied in this family".formatted(type));
    }
  }

  /// YaRN's magnitude follows from two fields, of which GGUF has the second one at most.
  private static void keepMagnitude(Source source, JsonFields fields) throws FormatException {
    double numerator = fields.real("mscale").orElse(0);
    double denominator = fields.real("mscale_all_dim").orElse(0);
    double factor = fields.real("factor").orElse(1);
    if (numerator == 0 || denominator == 0 || fields.has("attention_factor")) {
      return;
    }
    double ratio = magnitude(factor, numerator) / magnitude(factor, denominator);
    source.unwritten().putFloat32(source.key("rope.scaling.yarn_attn_factor"), (float) ratio);
    if (ratio != 1) {
      source
          .notes()
          .add(
              "mscale %s is not mscale_all_dim %s, which GGUF has no key for: the file has the second"
                  .formatted(numerator, denominator));
    }
  }

  private static double magnitude(double factor, double multiplier) {
    return factor <= 1 ? 1 : 0.1 * multiplier * Math.log(factor) + 1;
  }

  /// Beyond a length, the base grows with the text. Only the checkpoint itself can be evaluated so.
  private static void keepDynamic(Source source, JsonFields fields) throws FormatException {
    source
        .notes()
        .add(
            "rope_type is 'dynamic', which GGUF has no key for: the file will not stretch texts"
                + " beyond max_position_embeddings");
    writeFactor(source, fields, "dynamic", source.unwritten());
    source
        .config()
        .optionalSize(List.of("max_position_embeddings"))
        .ifPresent(length ->
            source
                .unwritten()
                .putUint32(source.key("rope.scaling.original_context_length"), length));
  }

  private static void writeFactor(
      Source source, JsonFields rope, String type, Metadata.Builder metadata)
      throws FormatException {
    double factor =
        rope.real("factor")
            .orElseThrow(() -> rope.problem("factor", "is missing, rope_type needs it"));
    metadata.putText(source.key("rope.scaling.type"), type);
    metadata.putFloat32(source.key("rope.scaling.factor"), (float) factor);
  }

  private static void writeFirst(
      Source source, JsonFields rope, YarnField field, Metadata.Builder metadata)
      throws FormatException {
    for (String name : field.fields()) {
      if (rope.node().has(name)) {
        rope.real(name)
            .ifPresent(value ->
                metadata.putFloat32(source.key("rope.scaling." + field.key()), (float) value));
        return;
      }
    }
  }
}
