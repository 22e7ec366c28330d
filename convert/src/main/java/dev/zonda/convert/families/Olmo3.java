package dev.zonda.convert.families;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.RopeStyle;
import dev.zonda.convert.rules.WindowRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/// OLMo 3: OLMo 2 with a sliding window on three of four layers, which have rotary parameters of
/// their own.
final class Olmo3 {
  private static final int GLOBAL_STEP = 4;

  private static final WindowRule WINDOWS =
      WindowRule.written((layer, config) -> (layer + 1) % GLOBAL_STEP != 0);

  static final Family FAMILY =
      Family.builder("OLMo 3", "olmo2")
          .like(Olmo2.FAMILY)
          .models("OLMo 3 7B, 32B")
          // What transformers' Olmo3Config says. Layers with a window have this base frequency,
          // whatever rope_theta says.
          .defaults(
              Olmo2.DEFAULTS.with(
                  Map.of(
                      "rope_theta", 500000.0,
                      "rope_local_base_freq", 500000.0,
                      "sliding_window", 4096)),
              "olmo3")
          .metadata(Olmo3::requireTypes, NetworkKeys.ALL, Olmo3::windows, ActivationRule.SILU)
          .rope(RopeStyle.PLAIN_WINDOWS)
          .build();

  private Olmo3() {}

  /// The class takes no parameters for all layers alike, and no type under its older name.
  private static void requireTypes(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    Optional<JsonFields> scaling = source.config().fields().object("rope_scaling");
    if (source.isCorrected()
        && scaling.isPresent()
        && scaling.get().has("type")
        && !scaling.get().has("rope_type")) {
      throw scaling
          .get()
          .problem("type", "is not read by the family's class: call it rope_type, or remove it");
    }
    Optional<JsonFields> rope = source.config().fields().object("rope_parameters");
    if (source.isCorrected()
        && rope.isPresent()
        && !rope.get().has("full_attention")
        && !rope.get().has("sliding_attention")) {
      throw source
          .config()
          .fields()
          .problem(
              "rope_parameters",
              "is for all layers alike, expected full_attention and sliding_attention");
    }
  }

  /// The reference always writes which layers have a window.
  private static void windows(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    List<Boolean> layers = WINDOWS.layers(source);
    if (source.isCorrected()
        && !source.config().fields().has("sliding_window")
        && source.config().fields().mentions("sliding_window")) {
      throw source
          .config()
          .fields()
          .problem("sliding_window", "is missing, but there are layers that need it");
    }
    MetadataRule.size("attention.sliding_window", "sliding_window").write(source, metadata);
    metadata.put(source.key("attention.sliding_window_pattern"), MetadataRule.flags(layers));
    noteBase(source);
  }

  private static void noteBase(MetadataRule.Source source) throws FormatException {
    RopeParameters rope = RopeParameters.of(source.config());
    OptionalDouble theta = rope.theta();
    OptionalDouble ofWindows = rope.slidingTheta();
    if (source.isCorrected() && !theta.equals(ofWindows)) {
      source
          .notes()
          .add(
              "layers with a window have base frequency %s, others %s: both are written, but"
                      .formatted(ofWindows.getAsDouble(), theta.getAsDouble())
                  + " llama.cpp takes the latter for all layers");
    }
  }
}
