package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.ONE;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.TensorRule;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Apertus: norms over each head of queries and keys, and a feed-forward network without a gate,
/// whose activation xIELU has learned numbers in each layer.
final class Apertus {
  private static final double THETA = 12e6;

  private static final ActivationRule ACTIVATION = new ActivationRule("hidden_act", "xielu");

  private static final Announcement IS_XIELU =
      config -> config.text("hidden_act").filter("xielu"::equals).isPresent();

  private static final List<TensorRule> NORMS =
      List.of(
          block("attention_layernorm.weight", "attn_norm.weight", HIDDEN),
          block("feedforward_layernorm.weight", "ffn_norm.weight", HIDDEN));

  private static final List<TensorRule> NUMBERS =
      List.of(
          block("mlp.act_fn.alpha_n", "xielu.alpha_n", ONE).announced(IS_XIELU),
          block("mlp.act_fn.alpha_p", "xielu.alpha_p", ONE).announced(IS_XIELU),
          block("mlp.act_fn.beta", "xielu.beta").announced(IS_XIELU),
          block("mlp.act_fn.eps", "xielu.eps").announced(IS_XIELU));

  /// What transformers' ApertusConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 131072,
                  "hidden_size", 4096,
                  "intermediate_size", 14336,
                  "num_hidden_layers", 32,
                  "num_attention_heads", 32,
                  "max_position_embeddings", 65536,
                  "rms_norm_eps", 1e-5,
                  "rope_theta", THETA,
                  "hidden_act", "xielu"))
          .object("rope_parameters", Apertus::rope)
          .asManyKeyHeadsAsQueries();

  private static final Announcement BIASES = Announcement.by("attention_bias", false);

  static final Family FAMILY =
      Family.builder("Apertus", "apertus")
          .like(Llama.FAMILY)
          .models("Apertus 8B, 70B")
          .defaults(DEFAULTS, "apertus")
          .tensors(
              CommonTensors.EMBEDDINGS,
              NORMS,
              CommonTensors.attention(BIASES, BIASES),
              CommonTensors.HEAD_NORMS,
              CommonTensors.plainFeedForward(Announcement.NEVER),
              NUMBERS)
          .layerNumbers("xielu.alpha_n", "xielu.alpha_p", "xielu.beta", "xielu.eps")
          .metadata(
              NetworkKeys.SIZES,
              Llama.OUTPUT,
              ACTIVATION,
              MetadataRule.implied("mlp_bias", false),
              MetadataRule.implied("qk_norm", true),
              MetadataRule.implied("post_norm", false))
          .build();

  private Apertus() {}

  private static ObjectNode rope() {
    return JsonNodeFactory.instance
        .objectNode()
        .put("rope_type", "llama3")
        .put("rope_theta", THETA)
        .put("factor", 8.0)
        .put("original_max_position_embeddings", 8192)
        .put("low_freq_factor", 1.0)
        .put("high_freq_factor", 4.0);
  }
}
