package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.FEED_FORWARD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.TensorRule;
import java.util.List;
import java.util.Map;

/// Jais 2: norms and matrices with biases, a feed-forward network of squared ReLU without a gate.
final class Jais2 {
  private static final Announcement BIASES = Announcement.by("attention_bias", true);

  private static final List<TensorRule> EMBEDDINGS =
      List.of(
          TensorRule.of("model.embed_tokens.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional());

  private static final List<TensorRule> NORMS =
      TensorRule.biased(
          TensorRule.of("model.norm.weight", "output_norm.weight", HIDDEN),
          block("input_layernorm.weight", "attn_norm.weight", HIDDEN),
          block("post_attention_layernorm.weight", "ffn_norm.weight", HIDDEN));

  private static final List<TensorRule> FEED_FORWARD_NETWORK =
      TensorRule.biased(
          Announcement.by("mlp_bias", true),
          block("mlp.up_proj.weight", "ffn_up.weight", FEED_FORWARD, HIDDEN),
          block("mlp.down_proj.weight", "ffn_down.weight", HIDDEN, FEED_FORWARD));

  /// What transformers' Jais2Config says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 150272,
                  "hidden_size", 3328,
                  "intermediate_size", 26624,
                  "num_hidden_layers", 32,
                  "num_attention_heads", 26,
                  "max_position_embeddings", 8192,
                  "layer_norm_eps", 1e-5,
                  "rope_theta", 10000.0))
          .asManyKeyHeadsAsQueries()
          .headsOfHidden();

  static final Family FAMILY =
      Family.builder("Jais 2", "jais2")
          .models("Jais 2 8B, 70B")
          .defaults(DEFAULTS, "jais2")
          .tensors(EMBEDDINGS, NORMS, CommonTensors.attention(BIASES, BIASES), FEED_FORWARD_NETWORK)
          .metadata(
              NetworkKeys.ALL,
              MetadataRule.computed("rope.dimension_count", Dimension.HEAD),
              new ActivationRule("hidden_act", "relu2"))
          .build();

  private Jais2() {}
}
