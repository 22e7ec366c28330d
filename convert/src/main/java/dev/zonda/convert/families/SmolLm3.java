package dev.zonda.convert.families;

import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.RotatedLayers;
import dev.zonda.convert.rules.WindowRule;
import dev.zonda.formats.FormatException;
import java.util.Map;

/// SmolLM 3: Llama's network, which has no positions on every fourth layer.
final class SmolLm3 {
  /// What transformers' SmolLM3Config says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 128256,
                  "hidden_size", 2048,
                  "intermediate_size", 11008,
                  "num_hidden_layers", 36,
                  "num_attention_heads", 16,
                  "max_position_embeddings", 32768,
                  "rms_norm_eps", 1e-6,
                  "rope_theta", 2e6,
                  "no_rope_layer_interval", RotatedLayers.USUAL_STEP,
                  "tie_word_embeddings", true))
          .keyHeads(4);

  static final Family FAMILY =
      Family.builder("SmolLM 3", "smollm3")
          .like(Llama.FAMILY)
          .models("SmolLM 3 3B")
          .defaults(DEFAULTS, "smollm3")
          .moreMetadata(RotatedLayers.kept(), WindowRule.unwrittenByTypes(SmolLm3::isLocal))
          // Windows are switched on only where layer_types is missing.
          .unusedFields("max_window_layers", "use_sliding_window")
          .build();

  private SmolLm3() {}

  /// Layers without positions, if windows are switched on and there is one.
  private static boolean isLocal(int layer, ModelConfig config) throws FormatException {
    return config.is("use_sliding_window")
        && config.fields().has("sliding_window")
        && !RotatedLayers.of(config, config.size("num_hidden_layers")).get(layer);
  }
}
