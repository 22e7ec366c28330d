package dev.zonda.convert.families;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.WindowRule;
import java.util.List;
import java.util.Map;

/// Qwen 3 with experts.
final class Qwen3Moe {
  /// What transformers' Qwen3MoeConfig says.
  private static final Defaults DEFAULTS =
      Qwen2.COMMON
          .with(
              Map.of(
                  "hidden_size", 2048,
                  "intermediate_size", 6144,
                  "num_hidden_layers", 24,
                  "num_attention_heads", 32,
                  "num_experts", 128,
                  "num_experts_per_tok", 8,
                  "moe_intermediate_size", 768))
          .keyHeads(4);

  /// The name that newer versions of transformers use.
  static final Map<String, List<String>> ALIASES =
      Map.of("num_experts", List.of("num_local_experts"));

  static final Family FAMILY =
      Family.builder("Qwen 3 MoE", "qwen3moe")
          .models("Qwen 3 30B A3B", "Qwen 3 235B A22B", "Qwen 3 Coder")
          .defaults(DEFAULTS, "qwen3_moe")
          .aliases(ALIASES)
          .tensors(
              CommonTensors.FRAME,
              Qwen3.ATTENTION,
              CommonTensors.HEAD_NORMS,
              Qwen2Moe.onDenseLayers(CommonTensors.FEED_FORWARD_NETWORK),
              Qwen2Moe.onExpertLayers(Qwen2Moe.EXPERT_NETWORK))
          .metadata(
              NetworkKeys.ALL,
              Qwen2Moe.EXPERT_KEYS,
              WindowRule.unwrittenOnAll(),
              Qwen2Moe.expertWeights(Qwen2Moe.Normalization.SUM),
              ActivationRule.SILU)
          .unusedFields("max_window_layers", "layer_types")
          .build();

  private Qwen3Moe() {}
}
