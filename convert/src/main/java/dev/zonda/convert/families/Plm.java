package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.FEED_FORWARD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.LatentAttention.PLAIN;
import static dev.zonda.convert.rules.LatentAttention.ROTATED;
import static dev.zonda.convert.rules.LatentAttention.VALUE;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.TensorRule;
import java.util.List;

/// PLM: latent attention whose matrix for keys and values stays one, and a network of a squared
/// ReLU without a gate.
final class Plm {
  private static final List<TensorRule> NETWORK =
      List.of(
          block("mlp.up_proj.weight", "ffn_up.weight", FEED_FORWARD, HIDDEN),
          block("mlp.down_proj.weight", "ffn_down.weight", HIDDEN, FEED_FORWARD));

  static final Family FAMILY =
      Family.builder("PLM", "plm")
          .models("PLM 1.8B")
          .tensors(CommonTensors.FRAME, List.of(MiniCpm3.QUERY), MiniCpm3.LATENT, NETWORK)
          .metadata(
              NetworkKeys.ALL,
              MetadataRule.size("vocab_size", "vocab_size"),
              MetadataRule.size("attention.kv_lora_rank", "kv_lora_rank"),
              MetadataRule.computed("attention.key_length", PLAIN.plus(ROTATED)),
              MetadataRule.computed("attention.value_length", VALUE),
              MetadataRule.computed("rope.dimension_count", ROTATED),
              DeepSeek::keepNorms,
              MetadataRule.implied("mlp_bias", false),
              new ActivationRule("hidden_act", "relu2"))
          // Queries have no short vector.
          .unusedFields("q_lora_rank", "qk_head_dim")
          .build();

  private Plm() {}
}
