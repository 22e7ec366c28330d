package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Dimension.FEED_FORWARD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.KEY_HEADS;
import static dev.zonda.convert.rules.Dimension.QUERIES;
import static dev.zonda.convert.rules.Dimension.QUERIES_KEYS_VALUES;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.Leftover;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.VisionTower;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/// ChatGLM 2 and 3 and GLM 4 of 2024 as they were first published, with their own code: [Glm] under
/// other names, with queries, keys and values in one matrix.
final class ChatGlm {
  private static final String BLOCK = "transformer.encoder.layers.{layer}.";

  private static final List<TensorRule> EMBEDDINGS =
      List.of(
          TensorRule.of(
              "transformer.embedding.word_embeddings.weight",
              "token_embd.weight",
              VOCABULARY,
              HIDDEN),
          TensorRule.of("transformer.encoder.final_layernorm.weight", "output_norm.weight", HIDDEN),
          TensorRule.of("transformer.output_layer.weight", "output.weight", VOCABULARY, HIDDEN));

  private static final List<TensorRule> NETWORK =
      List.of(
          block("input_layernorm.weight", "attn_norm.weight", HIDDEN),
          block("self_attention.dense.weight", "attn_output.weight", HIDDEN, QUERIES),
          block("post_attention_layernorm.weight", "ffn_norm.weight", HIDDEN),
          block("mlp.dense_h_to_4h.weight", "ffn_up.weight", FEED_FORWARD.times(2), HIDDEN),
          block("mlp.dense_4h_to_h.weight", "ffn_down.weight", HIDDEN, FEED_FORWARD));

  private static final List<TensorRule> HEADS =
      TensorRule.biased(
          Announcement.by("add_qkv_bias", false),
          block(
              "self_attention.query_key_value.weight",
              "attn_qkv.weight",
              QUERIES_KEYS_VALUES,
              HIDDEN));

  /// What the ChatGLMConfig that is published with the models says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 65024,
                  "hidden_size", 4096,
                  "intermediate_size", 13696,
                  "num_hidden_layers", 28,
                  "num_attention_heads", 32,
                  "num_key_value_heads", 1,
                  "head_dim", 128,
                  "max_position_embeddings", 2048,
                  "rms_norm_eps", 1e-5))
          .with(Map.of("rmsnorm", true, "post_layer_norm", true));

  static final Family FAMILY =
      Family.builder("ChatGLM", "chatglm")
          .models("ChatGLM 2 and 3 6B", "GLM 4 9B, GLM 4V 9B (text part)")
          .prefix("transformer.")
          .publishedDefaults(DEFAULTS, "chatglm")
          .aliases(
              Map.of(
                  "vocab_size", List.of("padded_vocab_size"),
                  "intermediate_size", List.of("ffn_hidden_size"),
                  "num_hidden_layers", List.of("num_layers"),
                  "num_key_value_heads", List.of("multi_query_group_num"),
                  "head_dim", List.of("kv_channels"),
                  "max_position_embeddings", List.of("seq_length"),
                  "rms_norm_eps", List.of("layernorm_epsilon")))
          .tensors(EMBEDDINGS, NETWORK, HEADS)
          .leftovers(
              List.of(
                  Leftover.buffer("*.rotary_pos_emb.inv_freq"),
                  VisionTower.part("transformer.vision.*")))
          .metadata(
              MetadataRule.size("context_length", "max_position_embeddings", "hidden_size"),
              MetadataRule.size("embedding_length", "hidden_size"),
              MetadataRule.size("feed_forward_length", "intermediate_size"),
              MetadataRule.size("block_count", "num_hidden_layers"),
              MetadataRule.size("attention.head_count", "num_attention_heads"),
              MetadataRule.computed("attention.head_count_kv", KEY_HEADS),
              ChatGlm::epsilon,
              MetadataRule.fileType(),
              ChatGlm::rotated,
              Glm::begin,
              ChatGlm::base,
              NetworkKeys.HEAD_LENGTHS,
              Glm::noteStream,
              MetadataRule.only(
                  "multi_query_attention", true, "queries, keys and values take turns in a matrix"),
              MetadataRule.only("rmsnorm", true, "norms subtract the mean"),
              MetadataRule.only("post_layer_norm", true, "no norm precedes the output"),
              MetadataRule.only("add_bias_linear", false, "all matrices have biases"),
              MetadataRule.only(
                  "apply_residual_connection_post_layernorm",
                  false,
                  "norms lie on the residual stream"),
              MetadataRule.implied("quantization_bit", 0))
          .unusedFields(
              "apply_query_key_layer_scaling",
              "attention_softmax_in_fp32",
              "bias_dropout_fusion",
              "classifier_dropout",
              "fp32_residual_connection",
              "hidden_dropout",
              "original_rope",
              "prefix_projection")
          .vocabulary(VocabularyForm.CHATGLM)
          .build();

  private ChatGlm() {}

  private static TensorRule block(String source, String target, Dimension... shape) {
    return TensorRule.of(BLOCK + source, "blk.{layer}." + target, shape);
  }

  private static void epsilon(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    OptionalDouble epsilon = source.config().optionalReal(List.of("rms_norm_eps"));
    metadata.putFloat32(
        source.key("attention.layer_norm_rms_epsilon"), (float) epsilon.orElse(1e-5));
  }

  /// The first half of each head. The reference takes heads for shares of the residual stream.
  private static void rotated(MetadataRule.Source source, Metadata.Builder metadata) {
    int head =
        source.isCorrected()
            ? source.sizes().headLength()
            : source.sizes().hidden() / source.sizes().heads();
    metadata.putUint32(source.key("rope.dimension_count"), head / 2);
  }

  private static void base(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    double ratio = source.config().optionalReal(List.of("rope_ratio")).orElse(1);
    metadata.putFloat32(source.key("rope.freq_base"), (float) (Glm.BASE * ratio));
  }
}
