package dev.zonda.convert.families;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.RopeMagnitude;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.RopeStyle;
import dev.zonda.convert.rules.VisionTower;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.Map;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Mistral 3: the text part of Mistral's models that see images; and Ministral 3, whose queries
/// grow with the position in long texts.
final class Mistral3 {
  /// What transformers' Ministral3Config says.
  private static final Defaults MINISTRAL =
      Defaults.of(
              Map.of(
                  "vocab_size", 131072,
                  "hidden_size", 4096,
                  "intermediate_size", 14336,
                  "num_hidden_layers", 34,
                  "num_attention_heads", 32,
                  "head_dim", 128,
                  "max_position_embeddings", 262144,
                  "rms_norm_eps", 1e-5))
          .object("rope_parameters", () -> yarn(1e6, 16, 16384))
          .keyHeads(8);

  static final Family FAMILY =
      Family.builder("Mistral 3", "mistral3")
          .like(Mistral.FAMILY)
          .models("Mistral Small 3.1, 3.2", "Magistral", "Devstral 2", "Ministral 3")
          .onlyModelTypes()
          .defaults(Mistral.DEFAULTS, "mistral")
          .defaults(MINISTRAL, "ministral3")
          .rename("language_model.", "")
          .leftovers(VisionTower.LEFTOVERS)
          .moreMetadata(Mistral3::temperature)
          .rope(RopeStyle.DIVIDED)
          .build();

  private Mistral3() {}

  /// What the classes of Mistral's newer models have, where config.json has nothing.
  static ObjectNode yarn(double theta, double factor, int originalLength) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("rope_type", "yarn")
        .put("rope_theta", theta)
        .put("factor", factor)
        .put("original_max_position_embeddings", originalLength)
        .put("beta_fast", 32.0)
        .put("beta_slow", 1.0)
        .put("mscale_all_dim", 1.0)
        .put("mscale", 1.0)
        .put("llama_4_scaling_beta", 0.1);
  }

  private static boolean isMinistral(JsonFields config) throws FormatException {
    return config.text("model_type").filter("ministral3"::equals).isPresent();
  }

  private static void temperature(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    RopeParameters rope = RopeParameters.of(source.config());
    if (!isMinistral(source.config().fields())) {
      if (source.isCorrected()) {
        RopeMagnitude.write(source, rope, metadata);
      }
      return;
    }
    if (rope.fields().isEmpty()) {
      throw rope.problem("rope_parameters", "is missing, but ministral3 needs it");
    }
    double multiplier = rope.real("mscale_all_dim", 0);
    rope.real("mscale_all_dim")
        .ifPresent(value ->
            metadata.putFloat32(source.key("rope.scaling.yarn_log_multiplier"), (float) value));
    rope.real("llama_4_scaling_beta")
        .ifPresent(
            value -> metadata.putFloat32(source.key("attention.temperature_scale"), (float) value));
    if (source.isCorrected()) {
      RopeMagnitude.write(source, rope, multiplier, metadata);
    }
  }
}
