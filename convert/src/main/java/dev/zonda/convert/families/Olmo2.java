package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.KEYS;
import static dev.zonda.convert.rules.Dimension.QUERIES;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.TensorRule;
import java.util.List;

/// OLMo 2: norms after the parts of a layer instead of before them, and of all queries and all keys
/// together.
final class Olmo2 {
  private static final Announcement BIASES = Announcement.by("attention_bias", false);

  static final List<TensorRule> ATTENTION = CommonTensors.attention(BIASES, BIASES);

  /// Norms of all queries and all keys of a layer.
  static final List<TensorRule> HEAD_NORMS =
      List.of(
          block("self_attn.q_norm.weight", "attn_q_norm.weight", QUERIES),
          block("self_attn.k_norm.weight", "attn_k_norm.weight", KEYS));

  private static final List<TensorRule> POST_NORMS =
      List.of(
          block("post_attention_layernorm.weight", "post_attention_norm.weight", HIDDEN),
          block("post_feedforward_layernorm.weight", "post_ffw_norm.weight", HIDDEN));

  /// What transformers' Olmo2Config says.
  static final Defaults DEFAULTS = Olmo.COMMON.with("rms_norm_eps", 1e-5);

  static final Family FAMILY =
      Family.builder("OLMo 2", "olmo2")
          .models("OLMo 2 1B, 7B, 13B, 32B")
          .defaults(DEFAULTS, "olmo2")
          .tensors(
              CommonTensors.EMBEDDINGS,
              POST_NORMS,
              ATTENTION,
              HEAD_NORMS,
              CommonTensors.FEED_FORWARD_NETWORK)
          .metadata(NetworkKeys.ALL, ActivationRule.SILU)
          .build();

  private Olmo2() {}
}
