package dev.zonda.convert.families;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/// Rotary embedding: its base frequency, and how it is stretched to longer texts.
///
/// The values are in `rope_parameters` (transformers 5) or in `rope_scaling` and `rope_theta`
/// (before).
final class RopeRule implements MetadataRule {
  private static final String ORIGINAL_LENGTH = "original_max_position_embeddings";

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
    Optional<JsonFields> rope = parameters(source.config().fields());
    if (rope.isPresent()) {
      writeScaling(source, rope.get(), metadata);
    }
    OptionalDouble theta =
        rope.isPresent() ? rope.get().real("rope_theta") : OptionalDouble.empty();
    if (theta.isEmpty()) {
      theta = source.config().optionalReal(List.of("rope_theta"));
    }
    theta.ifPresent(value -> metadata.putFloat32(source.key("rope.freq_base"), (float) value));
  }

  private static Optional<JsonFields> parameters(JsonFields config) throws FormatException {
    Optional<JsonFields> scaling = config.object("rope_scaling");
    return scaling.isPresent() && !scaling.get().isEmpty()
        ? scaling
        : config.object("rope_parameters");
  }

  private static void writeScaling(Source source, JsonFields rope, Metadata.Builder metadata)
      throws FormatException {
    String type = rope.text("rope_type").or(() -> uncheckedType(rope)).orElse("default");
    switch (type) {
      case "default" -> {
        if (rope.has("full_attention") || rope.has("sliding_attention")) {
          throw rope.problem("full_attention", "sets rotary embedding per layer: not supported");
        }
      }
      case "linear" -> writeFactor(source, rope, type, metadata);
      case "yarn" -> {
        writeFactor(source, rope, type, metadata);
        metadata.putUint32(
            source.key("rope.scaling.original_context_length"),
            originalLength(source.config(), rope));
        for (YarnField field : YARN_FIELDS) {
          writeFirst(source, rope, field, metadata);
        }
      }
      case "dynamic" ->
          source
              .notes()
              .add(
                  "rope_type is 'dynamic', which GGUF has no key for: texts beyond"
                      + " max_position_embeddings will not be stretched");
      default ->
          throw rope.problem(
              "rope_type", "is '" + type + "', expected default, linear, yarn or dynamic");
    }
  }

  /// The older name of the field.
  private static Optional<String> uncheckedType(JsonFields rope) {
    return rope.get("type").map(node -> node.isString() ? node.stringValue() : node.toString());
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

  private static long originalLength(ModelConfig config, JsonFields rope) throws FormatException {
    OptionalLong top = config.fields().integer(ORIGINAL_LENGTH, 1, Integer.MAX_VALUE);
    if (top.isPresent()) {
      return top.getAsLong();
    }
    OptionalLong own = rope.integer(ORIGINAL_LENGTH, 1, Integer.MAX_VALUE);
    return own.isPresent() ? own.getAsLong() : config.size("max_position_embeddings");
  }
}
