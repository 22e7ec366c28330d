package dev.zonda.convert.families;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Diffusion;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import java.util.List;
import java.util.Map;

/// LLaDA with experts and norms over each head of queries and keys.
final class LladaMoe {
  /// What stands for a gap; no published file says it.
  private static final long MASK = 156895;

  static final Family FAMILY =
      Family.builder("LLaDA MoE", "llada-moe")
          .models("LLaDA MoE 7B A1B")
          .aliases(Map.of("intermediate_size", List.of("dense_intermediate_size")))
          .tensors(
              CommonTensors.FRAME,
              Qwen3.ATTENTION,
              CommonTensors.HEAD_NORMS,
              Qwen2Moe.experts(
                  Dimension.of("num_experts"), Dimension.of("expert_intermediate_size")))
          .metadata(
              NetworkKeys.ALL,
              MetadataRule.size("expert_feed_forward_length", "expert_intermediate_size"),
              Diffusion.mask(MASK),
              Diffusion.SEES_ALL,
              Diffusion.OWN_PLACE,
              Qwen2Moe.expertWeights(Qwen2Moe.Normalization.NONE),
              MetadataRule.implied("qk_layernorm", true),
              MetadataRule.implied("moe_router_enable_expert_bias", false),
              MetadataRule.implied("moe_router_score_function", "softmax"),
              MetadataRule.implied("routed_scaling_factor", 1),
              MetadataRule.implied("partial_rotary_factor", 1),
              ActivationRule.SILU)
          .unusedFields("moe_layer_freq", "router_num_group", "router_topk_group")
          .build();

  private LladaMoe() {}
}
