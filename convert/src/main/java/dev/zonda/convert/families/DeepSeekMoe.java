package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Transform.PERMUTE_KEYS;
import static dev.zonda.convert.rules.Transform.PERMUTE_QUERIES;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;

/// The first DeepSeek with experts: attention as in Llama, many small experts next to shared ones.
final class DeepSeekMoe {
  private static final Announcement BIASES = Announcement.by("attention_bias", false);

  private static final String NORMALIZED = "expert_weights_norm";

  /// What the published DeepseekConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.ofEntries(
                  Map.entry("vocab_size", 102400),
                  Map.entry("hidden_size", 4096),
                  Map.entry("intermediate_size", 11008),
                  Map.entry("moe_intermediate_size", 1407),
                  Map.entry("num_hidden_layers", 30),
                  Map.entry("num_attention_heads", 32),
                  Map.entry("max_position_embeddings", 2048),
                  Map.entry("rms_norm_eps", 1e-6),
                  Map.entry("rope_theta", 10000.0),
                  Map.entry("first_k_dense_replace", 0)))
          .keyHeads(32);

  static final Family FAMILY =
      Family.builder("DeepSeek MoE", "deepseek")
          .models("DeepSeek MoE 16B Base, Chat")
          .publishedDefaults(DEFAULTS, "deepseek")
          .tensors(
              CommonTensors.FRAME,
              CommonTensors.attention(PERMUTE_QUERIES, PERMUTE_KEYS, BIASES, BIASES),
              DeepSeek.onDenseLayers(CommonTensors.FEED_FORWARD_NETWORK),
              DeepSeek.onExpertLayers(
                  Qwen2Moe.experts(DeepSeek.EXPERTS, Dimension.of("moe_intermediate_size"))),
              DeepSeek.onExpertLayers(DeepSeek.SHARED_EXPERTS))
          .metadata(
              NetworkKeys.ALL,
              MetadataRule.computed("rope.dimension_count", Dimension.HEAD),
              CommandR::scaling,
              MetadataRule.count("leading_dense_block_count", "first_k_dense_replace"),
              MetadataRule.size("vocab_size", "vocab_size"),
              MetadataRule.size("expert_feed_forward_length", "moe_intermediate_size"),
              (source, metadata) -> metadata.putFloat32(source.key("expert_weights_scale"), 1),
              MetadataRule.count("expert_shared_count", "n_shared_experts"),
              DeepSeekMoe::expertWeights,
              MetadataRule.implied("moe_layer_freq", 1),
              MetadataRule.implied("scoring_func", "softmax"),
              ActivationRule.SILU)
          .unusedFields("aux_loss_alpha", "seq_aux")
          .build();

  private DeepSeekMoe() {}

  /// llama.cpp never divides the weights of experts by their sum, and the code does it only for
  /// several.
  private static void expertWeights(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    long used = source.config().optionalSize(List.of("num_experts_per_tok")).orElse(1);
    if (source.isCorrected() && source.config().is("norm_topk_prob") && used > 1) {
      source.noteUnwritten("norm_topk_prob", true, "weights that do not add up to one");
      source.unwritten().putBool(source.key(NORMALIZED), true);
    }
  }
}
