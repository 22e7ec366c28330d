package dev.zonda.convert.rules;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/// Rotary embedding: its base frequency, and how it is stretched to longer texts.
public final class RopeRule implements MetadataRule {
  /// Fractions that YaRN may have, with GGUF's names; the first field that is there counts.
  private static final List<YarnField> REFERENCE_FIELDS =
      List.of(
          new YarnField("yarn_ext_factor", List.of("extrapolation_factor")),
          new YarnField("yarn_attn_factor", List.of("attention_factor", "attn_factor")),
          new YarnField("yarn_beta_fast", List.of("beta_fast")),
          new YarnField("yarn_beta_slow", List.of("beta_slow")));

  /// Those that transformers reads.
  private static final List<YarnField> YARN_FIELDS =
      List.of(
          new YarnField("yarn_attn_factor", List.of("attention_factor")),
          new YarnField("yarn_beta_fast", List.of("beta_fast")),
          new YarnField("yarn_beta_slow", List.of("beta_slow")));

  private static final String SECTIONS = "rope.dimension_sections";

  /// Time, height, width, and one that no model has.
  private static final int SECTION_COUNT = 4;

  private record YarnField(String key, List<String> fields) {}

  @Override
  public void write(Source source, Metadata.Builder metadata) throws FormatException {
    RopeParameters rope = RopeParameters.of(source.config());
    rope.note(source.notes());
    if (!source.isCorrected()) {
      writeAsReference(source, rope, metadata);
    } else {
      writeScaling(source, rope, metadata);
      keepWindows(source, rope);
    }
    writeSections(source, rope, metadata);
    rope.theta()
        .ifPresent(value -> metadata.putFloat32(source.key("rope.freq_base"), (float) value));
    rope.slidingTheta()
        .ifPresent(value -> metadata.putFloat32(source.key("rope.freq_base_swa"), (float) value));
  }

  /// Which pairs turn with the place in an image. llama.cpp does not load a model that has them
  /// without this key.
  private static void writeSections(Source source, RopeParameters rope, Metadata.Builder metadata)
      throws FormatException {
    Optional<List<Long>> said = rope.sections();
    List<Long> ofClass = source.isCorrected() ? sectionsOfClass(source) : List.of();
    List<Long> sections = said.orElse(ofClass);
    if (sections.isEmpty()) {
      return;
    }
    if (said.isEmpty()) {
      source.noteDropped("mrope_section", sections, SECTIONS);
    }
    int[] counts = new int[SECTION_COUNT];
    for (int i = 0; i < Math.min(counts.length, sections.size()); i++) {
      long pairs = sections.get(i);
      if (pairs < 0 || pairs > Integer.MAX_VALUE) {
        throw rope.problem("mrope_section", "holds %d, expected numbers of pairs".formatted(pairs));
      }
      counts[i] = (int) pairs;
    }
    metadata.put(source.key(SECTIONS), MetadataValue.Array.ofInts(counts));
  }

  /// Those that the class takes, which are for the heads of published models; of others, thirds.
  private static List<Long> sectionsOfClass(Source source) {
    List<Long> sections = source.family().rotarySections();
    long pairs = source.sizes().headLength() / 2;
    boolean fits = sections.stream().mapToLong(Long::longValue).sum() == pairs;
    long third = pairs / 3;
    return sections.isEmpty() || fits ? sections : List.of(pairs - 2 * third, third, third);
  }

  /// What stretches the base, in families that have it.
  public static OptionalDouble alpha(Source source, RopeParameters rope) throws FormatException {
    boolean isStretched = source.rope() == RopeStyle.ALPHA && rope.type().equals("dynamic");
    OptionalDouble alpha = isStretched ? rope.real("alpha") : OptionalDouble.empty();
    return alpha.orElse(0) == 0 ? OptionalDouble.empty() : alpha;
  }

  /// For families whose converter drops all of it, though GGUF has keys.
  public static void dropped(Source source, Metadata.Builder metadata) throws FormatException {
    RopeParameters rope = RopeParameters.of(source.config());
    rope.note(source.notes());
    if (!source.isCorrected()) {
      return;
    }
    Metadata.Builder scaling = Metadata.builder();
    writeScaling(source, rope, scaling);
    if (!scaling.build().entries().isEmpty()) {
      metadata.putAll(scaling.build().entries());
      source.noteDropped("rope_type", rope.type(), "rope.scaling.type");
    }
    double theta = rope.theta().orElse(10000);
    if (theta != 10000) {
      metadata.putFloat32(source.key("rope.freq_base"), (float) theta);
      source.noteDropped("base frequency", theta, "rope.freq_base");
    }
  }

  private static void writeAsReference(
      Source source, RopeParameters rope, Metadata.Builder metadata) throws FormatException {
    if (rope.fields().isEmpty()) {
      return;
    }
    switch (rope.type()) {
      case "linear" -> writeFactor(source, rope, metadata);
      case "yarn" -> writeYarn(source, rope, REFERENCE_FIELDS, metadata);
      case "longrope", "su" -> metadata.putText(source.key("rope.scaling.type"), "longrope");
      default -> {
        // Nothing to write, factors in a tensor of their own, or what llama.cpp's converter drops.
      }
    }
  }

  private static void writeScaling(Source source, RopeParameters rope, Metadata.Builder metadata)
      throws FormatException {
    if (rope.fields().isEmpty()) {
      return;
    }
    if (source.rope() == RopeStyle.PROPORTIONAL) {
      requireProportional(rope);
      return;
    }
    switch (rope.type()) {
      case "default" -> {
        // Nothing to write.
      }
      case "linear" -> writeFactor(source, rope, metadata);
      case "yarn" -> {
        writeYarn(source, rope, YARN_FIELDS, metadata);
        keepRamp(source, rope);
      }
      case "llama3" -> {
        if (!source.accepts(RopeFactors.LLAMA_3)) {
          note(source, "rope_type 'llama3'");
          keepFactor(source, rope, "rope.scaling.");
          keepLlama3(source, RopeFactors.llama3(rope), "rope.scaling.");
        }
      }
      case "longrope", "su" -> writeLong(source, rope, metadata);
      case "dynamic" -> {
        if (alpha(source, rope).isPresent()) {
          return;
        }
        source
            .notes()
            .add(
                "rope_type is 'dynamic', which GGUF has no key for: the file will not stretch texts"
                    + " beyond max_position_embeddings");
        keepFactor(source, rope, "rope.scaling.");
        keepLength(source, source.config().size("max_position_embeddings"), "rope.scaling.");
      }
      default ->
          throw rope.problem(
              "rope_type",
              "is '%s', expected default, linear, yarn, llama3, longrope or dynamic"
                  .formatted(rope.type()));
    }
    if (!source.rope().isLatent() && source.rope() != RopeStyle.DIVIDED) {
      RopeMagnitude.write(source, rope, metadata);
    }
  }

  /// What there is of it is in the tensor of factors.
  private static void requireProportional(RopeParameters rope) throws FormatException {
    if (!List.of("default", ProportionalRope.TYPE).contains(rope.type())) {
      throw rope.problem(
          "rope_type",
          "is '%s', expected default or %s in this family"
              .formatted(rope.type(), ProportionalRope.TYPE));
    }
  }

  private static void writeYarn(
      Source source, RopeParameters rope, List<YarnField> fields, Metadata.Builder metadata)
      throws FormatException {
    writeFactor(source, rope, metadata);
    metadata.putUint32(source.key("rope.scaling.original_context_length"), rope.originalLength());
    for (YarnField field : fields) {
      writeFirst(source, rope.fields().orElseThrow(), field, metadata);
    }
  }

  /// Only some architectures read where the ramp begins and ends; none reads whether it is rounded.
  private static void keepRamp(Source source, RopeParameters rope) throws FormatException {
    JsonFields fields = rope.fields().orElseThrow();
    boolean isUsual = source.rope() != RopeStyle.EXACT_RAMP;
    boolean isRounded = fields.bool("truncate").orElse(true);
    if (isRounded != isUsual) {
      note(source, "truncate " + isRounded);
      source.unwritten().putBool(source.key("rope.scaling.yarn_truncate"), isRounded);
    }
    boolean isRead = source.rope() == RopeStyle.DIVIDED;
    boolean isOther = rope.real("beta_fast", 32) != 32 || rope.real("beta_slow", 1) != 1;
    if (isOther && !isRead) {
      source
          .notes()
          .add(
              "beta_fast or beta_slow is not 32 or 1: the keys are written, but llama.cpp does not"
                  + " read them in this family");
    }
  }

  /// Factors of each frequency, where the architecture has tensors for them, and otherwise for
  /// evaluations only.
  private static void writeLong(Source source, RopeParameters rope, Metadata.Builder metadata)
      throws FormatException {
    long length = rope.originalLength();
    if (source.accepts(RopeFactors.LONG)) {
      metadata.putText(source.key("rope.scaling.type"), "longrope");
      metadata.putUint32(source.key("rope.scaling.original_context_length"), length);
      return;
    }
    note(source, "rope_type 'longrope'");
    source.unwritten().putText(source.key("rope.scaling.type"), "longrope");
    keepLength(source, length, "rope.scaling.");
    source.keepNumbers(
        "rope.scaling.short_factors", RopeFactors.numbers(source, rope, "short_factor"));
    source.keepNumbers(
        "rope.scaling.long_factors", RopeFactors.numbers(source, rope, "long_factor"));
  }

  /// Layers with a window may be stretched, too, which GGUF has no keys for.
  private static void keepWindows(Source source, RopeParameters rope) throws FormatException {
    RopeParameters windows = rope.ofWindows();
    String type = windows.type();
    if (!source.rope().isByLayerType() || type.equals("default")) {
      return;
    }
    String prefix = "rope.scaling_swa.";
    note(source, "rope_type '" + type + "' of layers with a window");
    switch (type) {
      case "linear" -> keepFactor(source, windows, prefix);
      case "llama3" -> {
        keepFactor(source, windows, prefix);
        keepLlama3(source, RopeFactors.llama3(windows), prefix);
      }
      default ->
          throw windows.problem(
              "rope_type",
              "is '%s', which cannot be evaluated for layers with a window: expected default,"
                      .formatted(type)
                  + " linear or llama3");
    }
  }

  private static void keepLlama3(Source source, RopeFactors.Llama3 llama3, String prefix) {
    source
        .unwritten()
        .putFloat32(source.key(prefix + "low_freq_factor"), (float) llama3.low())
        .putFloat32(source.key(prefix + "high_freq_factor"), (float) llama3.high());
    keepLength(source, llama3.length(), prefix);
  }

  private static void keepLength(Source source, long length, String prefix) {
    source.unwritten().putUint32(source.key(prefix + "original_context_length"), length);
  }

  private static void keepFactor(Source source, RopeParameters rope, String prefix)
      throws FormatException {
    source
        .unwritten()
        .putText(source.key(prefix + "type"), rope.type())
        .putFloat32(source.key(prefix + "factor"), (float) requiredFactor(rope));
  }

  private static void note(Source source, String what) {
    source
        .notes()
        .add(what + ", which GGUF has no key for in this family: the file will not have it");
  }

  private static void writeFactor(Source source, RopeParameters rope, Metadata.Builder metadata)
      throws FormatException {
    double factor = requiredFactor(rope);
    metadata.putText(source.key("rope.scaling.type"), rope.type());
    metadata.putFloat32(source.key("rope.scaling.factor"), (float) factor);
  }

  private static double requiredFactor(RopeParameters rope) throws FormatException {
    if (!rope.fields().orElseThrow().mentions("factor")) {
      throw rope.problem("factor", "is missing, but the rope_type needs it");
    }
    return rope.factor();
  }

  private static void writeFirst(
      Source source, JsonFields rope, YarnField field, Metadata.Builder metadata)
      throws FormatException {
    for (String name : field.fields()) {
      if (rope.mentions(name)) {
        rope.real(name)
            .ifPresent(value ->
                metadata.putFloat32(source.key("rope.scaling." + field.key()), (float) value));
        return;
      }
    }
  }
}
