package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HIDDEN;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.TensorRule;
import java.util.List;

/// KORMo: Qwen 2's network, without its biases and with other names of the norms.
final class Kormo {
  private static final Announcement BIASES = Announcement.by("attention_bias", false);

  private static final List<TensorRule> NORMS =
      List.of(
          block("pre_attention_layernorm.weight", "attn_norm.weight", HIDDEN),
          block("pre_mlp_layernorm.weight", "ffn_norm.weight", HIDDEN));

  static final Family FAMILY =
      Family.builder("KORMo", "qwen2")
          .like(Qwen2.FAMILY)
          .models("KORMo 10B")
          .tensors(
              CommonTensors.EMBEDDINGS,
              NORMS,
              CommonTensors.attention(BIASES, BIASES),
              CommonTensors.FEED_FORWARD_NETWORK)
          .metadata(NetworkKeys.ALL, MetadataRule.implied("mlp_bias", false), ActivationRule.SILU)
          .build();

  private Kormo() {}
}
