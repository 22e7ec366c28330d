package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.FusedHeads;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;

/// BLOOM: positions by a bias that grows with the distance (ALiBi), a norm after the embedding,
/// which is also the output matrix.
final class Bloom {
  private static final String BLOCK = "transformer.h.{layer}.";
  private static final Dimension FEED_FORWARD = HIDDEN.times(4);

  private static final List<TensorRule> MATRICES =
      List.of(
          TensorRule.of(
              "transformer.word_embeddings.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional());

  private static final List<TensorRule> BIASED =
      TensorRule.biased(
          TensorRule.of(
              "transformer.word_embeddings_layernorm.weight", "token_embd_norm.weight", HIDDEN),
          TensorRule.of("transformer.ln_f.weight", "output_norm.weight", HIDDEN),
          block("input_layernorm.weight", "attn_norm.weight", HIDDEN),
          block("self_attention.query_key_value.weight", "attn_qkv.weight", HIDDEN.times(3), HIDDEN)
              .with(FusedHeads::regroup),
          block("self_attention.dense.weight", "attn_output.weight", HIDDEN, HIDDEN),
          block("post_attention_layernorm.weight", "ffn_norm.weight", HIDDEN),
          block("mlp.dense_h_to_4h.weight", "ffn_up.weight", FEED_FORWARD, HIDDEN),
          block("mlp.dense_4h_to_h.weight", "ffn_down.weight", HIDDEN, FEED_FORWARD));

  /// What transformers' BloomConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
          Map.of(
              "vocab_size", 250880,
              "hidden_size", 64,
              "num_hidden_layers", 2,
              "num_attention_heads", 8,
              "layer_norm_epsilon", 1e-5,
              "tie_word_embeddings", true));

  static final Family FAMILY =
      Family.builder("BLOOM", "bloom")
          .models("BLOOM 560M to 176B", "BLOOMZ")
          .defaults(DEFAULTS, "bloom")
          .aliases(
              Map.of(
                  "hidden_size", List.of("n_embed", "n_embd"),
                  "num_attention_heads", List.of("n_head"),
                  "num_hidden_layers", List.of("n_layer")))
          .tensors(MATRICES, BIASED)
          .prefix("transformer.")
          .metadata(
              MetadataRule.size("context_length", "seq_length", "hidden_size"),
              MetadataRule.size("embedding_length", "hidden_size"),
              MetadataRule.computed("feed_forward_length", FEED_FORWARD),
              MetadataRule.size("block_count", "num_hidden_layers"),
              MetadataRule.size("attention.head_count", "num_attention_heads"),
              MetadataRule.size("attention.head_count_kv", "num_attention_heads"),
              MetadataRule.real("attention.layer_norm_epsilon", "layer_norm_epsilon"),
              MetadataRule.fileType(),
              Bloom::keepResidual,
              Bloom::requireBiases)
          .unusedFields(
              "attention_softmax_in_fp32",
              "bias_dropout_fusion",
              "masked_softmax_fusion",
              "offset_alibi",
              "skip_bias_add",
              "skip_bias_add_qkv",
              "unk_token_id")
          .build();

  private Bloom() {}

  private static void keepResidual(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    String field = "apply_residual_connection_post_layernorm";
    if (source.config().is(field)) {
      source.noteUnwritten(field, true, false);
      source.unwritten().putBool(source.key("residual_of_norm"), true);
    }
  }

  /// transformers' class leaves biases out where products are computed in parts.
  private static void requireBiases(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    long parts = source.config().optionalSize(List.of("pretraining_tp")).orElse(1);
    if (source.config().is("slow_but_exact") && parts > 1 && source.isCorrected()) {
      throw source
          .config()
          .fields()
          .problem(
              "slow_but_exact",
              "is true and pretraining_tp is %d: biases are left out, which cannot be evaluated"
                  .formatted(parts));
    }
  }

  private static TensorRule block(String source, String target, Dimension... shape) {
    return TensorRule.of(BLOCK + source, "blk.{layer}." + target, shape);
  }
}
