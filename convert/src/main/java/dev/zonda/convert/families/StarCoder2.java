package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.FEED_FORWARD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.WindowRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/// StarCoder 2: norms and matrices with biases, a feed-forward network without a gate, the same
/// window on all layers.
final class StarCoder2 {
  private static final Announcement BIASES = Announcement.by("use_bias", true);

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
          BIASES,
          block("mlp.c_fc.weight", "ffn_up.weight", FEED_FORWARD, HIDDEN),
          block("mlp.c_proj.weight", "ffn_down.weight", HIDDEN, FEED_FORWARD));

  /// What transformers' Starcoder2Config says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 49152,
                  "hidden_size", 3072,
                  "intermediate_size", 12288,
                  "num_hidden_layers", 30,
                  "num_attention_heads", 24,
                  "max_position_embeddings", 4096,
                  "norm_epsilon", 1e-5,
                  "rope_theta", 10000.0,
                  "tie_word_embeddings", true))
          .keyHeads(2);

  static final Family FAMILY =
      Family.builder("StarCoder 2", "starcoder2")
          .models("StarCoder 2 3B, 7B, 15B")
          .defaults(DEFAULTS, "starcoder2")
          .tensors(EMBEDDINGS, NORMS, CommonTensors.attention(BIASES, BIASES), FEED_FORWARD_NETWORK)
          .metadata(
              NetworkKeys.ALL,
              StarCoder2::epsilon,
              WindowRule.unwrittenIfLong(),
              new ActivationRule("hidden_act", "gelu_pytorch_tanh"))
          .unusedFields(
              "activation_function",
              "attention_softmax_in_fp32",
              "mlp_type",
              "norm_type",
              "scale_attention_softmax_in_fp32",
              "scale_attn_weights")
          .build();

  private StarCoder2() {}

  /// Published files have two fields, of which llama.cpp's converter believes the one that the
  /// class does not read.
  private static void epsilon(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    OptionalDouble read = source.config().optionalReal(List.of("norm_epsilon"));
    OptionalDouble other =
        source.config().optionalReal(List.of("layer_norm_eps", "layer_norm_epsilon"));
    if (source.isCorrected() && read.isPresent()) {
      String key = "attention.layer_norm_epsilon";
      metadata.putFloat32(source.key(key), (float) read.getAsDouble());
      if (other.isPresent() && other.getAsDouble() != read.getAsDouble()) {
        source.noteDropped("norm_epsilon", read.getAsDouble(), key);
      }
    }
  }
}
