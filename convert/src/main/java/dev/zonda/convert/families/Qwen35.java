package dev.zonda.convert.families;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.GatedDeltaTensors;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.Predictors;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;

/// Qwen 3.5 and 3.6, dense and with experts: the layers of Qwen 3 Next, whose matrices are stored
/// apart. Of models that see images the text part.
final class Qwen35 {
  private static final Defaults COMMON =
      Defaults.of(
              Map.of(
                  "vocab_size", 248320,
                  "max_position_embeddings", 32768,
                  "rms_norm_eps", 1e-6,
                  "rope_theta", 10000.0,
                  "head_dim", 256,
                  "partial_rotary_factor", 0.25,
                  "num_attention_heads", 16))
          .with(
              Map.of(
                  "linear_conv_kernel_dim", 4,
                  "linear_key_head_dim", 128,
                  "linear_value_head_dim", 128,
                  "linear_num_key_heads", 16,
                  "linear_num_value_heads", 32));

  /// What transformers' Qwen3_5TextConfig says.
  private static final Defaults DENSE =
      COMMON
          .with(
              Map.of(
                  "hidden_size", 4096,
                  "intermediate_size", 12288,
                  "num_hidden_layers", 32))
          .keyHeads(4);

  /// What transformers' Qwen3_5MoeTextConfig says.
  private static final Defaults WITH_EXPERTS =
      COMMON
          .with(
              Map.of(
                  "hidden_size", 2048,
                  "num_hidden_layers", 40,
                  "moe_intermediate_size", 512,
                  "shared_expert_intermediate_size", 512,
                  "num_experts_per_tok", 8,
                  "num_experts", 256))
          .keyHeads(2);

  /// What published files say, and the network always has.
  private static final MetadataRule IMPLIED =
      MetadataRule.sequence(
          NetworkKeys.NO_BIASES,
          MetadataRule.implied("attn_output_gate", true),
          MetadataRule.implied("mtp_use_dedicated_embeddings", false),
          MetadataRule.implied("mlp_only_layers", "[]"));

  private static final String[] UNUSED_FIELDS =
      Stream.concat(Arrays.stream(OtherParts.UNUSED_FIELDS), Arrays.stream(Qwen3Next.UNUSED_FIELDS))
          .toArray(String[]::new);

  static final Family FAMILY =
      Family.builder("Qwen 3.5", "qwen35")
          .models("Qwen 3.5 0.8B to 27B", "Qwen 3.6 27B")
          .defaults(DENSE, "qwen3_5", "qwen3_5_text")
          .rename("model.mtp.", "mtp.")
          .rename("language_model.", "")
          .leftovers(OtherParts.LEFTOVERS)
          .tensors(
              Qwen3Next.FRAME,
              Qwen3Next.ATTENTION,
              Qwen3Next.onRecurrentLayers(GatedDeltaTensors.APART),
              CommonTensors.FEED_FORWARD_NETWORK,
              Qwen3Next.PREDICTORS)
          .predictors(Qwen3Next.FAMILY.predictors().orElseThrow())
          .rotarySections(11, 11, 10)
          .metadata(
              NetworkKeys.ALL,
              Predictors.KEY,
              Qwen3Next.KEYS_OF_LAYERS,
              IMPLIED,
              ActivationRule.SILU)
          .unusedFields(UNUSED_FIELDS)
          .build();

  static final Family MOE =
      Family.builder("Qwen 3.5 MoE", "qwen35moe")
          .like(FAMILY)
          .models("Qwen 3.5 35B A3B, 122B A10B, 397B A17B", "Qwen 3.6 35B A3B")
          .defaults(WITH_EXPERTS, "qwen3_5_moe", "qwen3_5_moe_text")
          .aliases(Qwen3Moe.ALIASES)
          .tensors(
              Qwen3Next.FRAME,
              Qwen3Next.ATTENTION,
              Qwen3Next.onRecurrentLayers(GatedDeltaTensors.APART),
              Qwen2Moe.EXPERT_NETWORK,
              Qwen2Moe.SHARED_EXPERT,
              Qwen3Next.PREDICTORS)
          .metadata(
              NetworkKeys.ALL,
              Qwen2Moe.EXPERT_KEYS,
              Predictors.KEY,
              Qwen3Next.KEYS_OF_LAYERS,
              IMPLIED,
              MetadataRule.implied("norm_topk_prob", true),
              ActivationRule.SILU)
          .build();

  private Qwen35() {}
}
