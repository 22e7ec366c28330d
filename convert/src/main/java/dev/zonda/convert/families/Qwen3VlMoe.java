package dev.zonda.convert.families;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import java.util.Map;

/// The text part of Qwen 3 VL with experts, which are published with inputs before outputs.
final class Qwen3VlMoe {
  /// What transformers' Qwen3VLMoeTextConfig says.
  private static final Defaults DEFAULTS =
      Qwen2.COMMON
          .with(
              Map.of(
                  "hidden_size", 2048,
                  "intermediate_size", 5632,
                  "num_hidden_layers", 24,
                  "num_attention_heads", 16,
                  "max_position_embeddings", 128000,
                  "num_experts", 60,
                  "num_experts_per_tok", 4,
                  "moe_intermediate_size", 1408,
                  "rope_theta", 500000.0))
          .headsOfHidden()
          .keyHeads(16);

  static final Family FAMILY =
      Family.builder("Qwen 3 VL MoE", "qwen3vlmoe")
          .like(Qwen3Vl.FAMILY)
          .models("Qwen 3 VL 30B A3B", "Qwen 3 VL 235B A22B")
          .defaults(DEFAULTS, "qwen3_vl_moe", "qwen3_vl_moe_text")
          .aliases(Qwen3Moe.ALIASES)
          .tensors(
              CommonTensors.FRAME,
              Qwen3.ATTENTION,
              CommonTensors.HEAD_NORMS,
              Qwen2Moe.onDenseLayers(CommonTensors.FEED_FORWARD_NETWORK),
              Qwen2Moe.onExpertLayers(Qwen2Moe.EXPERTS_IN_EITHER_ORDER))
          .metadata(
              NetworkKeys.ALL,
              MetadataRule.size("expert_feed_forward_length", "moe_intermediate_size"),
              MetadataRule.count(
                  "expert_shared_feed_forward_length", "shared_expert_intermediate_size"),
              MetadataRule.implied("norm_topk_prob", true),
              MetadataRule.implied("use_sliding_window", false),
              ActivationRule.SILU)
          .build();

  private Qwen3VlMoe() {}
}
