package dev.zonda.convert.families;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.tokenizers.VocabularyForm;
import java.util.Map;

/// What answers in texts in Qwen 3 Omni: Qwen 3 VL with experts, stored one by one.
final class Qwen3Omni {
  /// What transformers' Qwen3OmniMoeTextConfig says.
  private static final Defaults DEFAULTS =
      Qwen2.COMMON
          .with(
              Map.of(
                  "vocab_size", 3584,
                  "hidden_size", 2048,
                  "intermediate_size", 18944,
                  "num_hidden_layers", 28,
                  "num_attention_heads", 28,
                  "num_experts", 128,
                  "num_experts_per_tok", 8,
                  "moe_intermediate_size", 768,
                  "norm_topk_prob", true,
                  "rope_theta", 1e6))
          .keyHeads(4);

  static final Family FAMILY =
      Family.builder("Qwen 3 Omni", "qwen3vlmoe")
          .like(Qwen3VlMoe.FAMILY)
          .models("Qwen 3 Omni 30B A3B")
          .defaults(DEFAULTS, "qwen3_omni_moe", "qwen3_omni_moe_thinker", "qwen3_omni_moe_text")
          .tensors(
              CommonTensors.FRAME,
              Qwen3.ATTENTION,
              CommonTensors.HEAD_NORMS,
              Qwen2Moe.onDenseLayers(CommonTensors.FEED_FORWARD_NETWORK),
              Qwen2Moe.onExpertLayers(Qwen2Moe.MISREAD_EXPERTS))
          .metadata(
              NetworkKeys.ALL,
              MetadataRule.size("expert_feed_forward_length", "moe_intermediate_size"),
              MetadataRule.count(
                  "expert_shared_feed_forward_length", "shared_expert_intermediate_size"),
              Qwen2Moe.expertWeights(Qwen2Moe.Normalization.SUM),
              MetadataRule.implied("use_qk_norm", true),
              MetadataRule.implied("use_sliding_window", false),
              ActivationRule.SILU)
          .metadataAfterPooling(Qwen3Vl::noDeepstack)
          .vocabulary(VocabularyForm.TURNS)
          .build();

  private Qwen3Omni() {}
}
