package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.QUERIES;
import static dev.zonda.convert.rules.Dimension.QUERIES_KEYS_VALUES;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.JoinRows;
import dev.zonda.convert.expression.RowOrder;
import dev.zonda.convert.expression.SelectRows;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.RopeRule;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/// Falcon: attention and feed-forward network side by side, after one norm (7B, 11B) or one each
/// (40B, 180B); queries, keys and values in one matrix, group by group.
final class Falcon {
  private static final String BLOCK = "transformer.h.{layer}.";
  private static final Dimension FEED_FORWARD =
      new Dimension(
          "ffn_hidden_size",
          sizes ->
              sizes.config().optionalSize(List.of("ffn_hidden_size")).orElse(4L * sizes.hidden()));

  private static final Announcement BIASES = Announcement.by("bias", false);

  private static final List<TensorRule> EMBEDDINGS =
      List.of(
          TensorRule.of(
              "transformer.word_embeddings.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional());

  private static final TensorRule.Layers TWO_NORMS = Falcon::hasTwoNorms;

  private static final List<TensorRule> NORMS =
      TensorRule.biased(
          TensorRule.of("transformer.ln_f.weight", "output_norm.weight", HIDDEN),
          block("input_layernorm.weight", "attn_norm.weight", HIDDEN)
              .on(TensorRule.Layers.allBut(TWO_NORMS)),
          block("ln_mlp.weight", "attn_norm.weight", HIDDEN).on(TWO_NORMS),
          block("ln_attn.weight", "attn_norm_2.weight", HIDDEN).on(TWO_NORMS));

  private static final List<TensorRule> MATRICES =
      TensorRule.biased(
          BIASES,
          block(
                  "self_attention.query_key_value.weight",
                  "attn_qkv.weight",
                  QUERIES_KEYS_VALUES,
                  HIDDEN)
              .with(Falcon::regroup),
          block("self_attention.dense.weight", "attn_output.weight", HIDDEN, QUERIES),
          block("mlp.dense_h_to_4h.weight", "ffn_up.weight", FEED_FORWARD, HIDDEN),
          block("mlp.dense_4h_to_h.weight", "ffn_down.weight", HIDDEN, FEED_FORWARD));

  /// What transformers' FalconConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size",
                  65024,
                  "hidden_size",
                  4544,
                  "num_hidden_layers",
                  32,
                  "num_attention_heads",
                  71,
                  "layer_norm_epsilon",
                  1e-5,
                  "rope_theta",
                  10000.0,
                  "parallel_attn",
                  true,
                  "tie_word_embeddings",
                  true))
          .following(Falcon::keyHeads);

  static final Family FAMILY =
      Family.builder("Falcon", "falcon")
          .models("Falcon 7B", "Falcon 40B", "Falcon 180B", "Falcon 2 11B")
          .defaults(DEFAULTS, "falcon", "RefinedWeb", "RefinedWebModel")
          .aliases(
              Map.of(
                  "hidden_size", List.of("n_embed"),
                  "num_attention_heads", List.of("n_head"),
                  "num_hidden_layers", List.of("n_layer")))
          .tensors(EMBEDDINGS, NORMS, MATRICES)
          .prefix("transformer.")
          .unusedFields("apply_residual_connection_post_layernorm")
          .metadata(
              Falcon::contextLength,
              (source, metadata) -> metadata.putText(source.key("tensor_data_layout"), "jploski"),
              MetadataRule.size("embedding_length", "hidden_size"),
              Falcon::feedForwardLength,
              MetadataRule.size("block_count", "num_hidden_layers"),
              MetadataRule.size("attention.head_count", "num_attention_heads"),
              MetadataRule.computed("attention.head_count_kv", Dimension.KEY_HEADS),
              MetadataRule.real("attention.layer_norm_epsilon", "layer_norm_epsilon"),
              MetadataRule.fileType(),
              RopeRule::dropped,
              new ActivationRule("activation", "gelu"),
              MetadataRule.only("parallel_attn", true, "one part of a layer follows the other"))
          .build();

  private Falcon() {}

  /// The number of key heads counts in the newer network only; before, it is one, or as many as
  /// there are query heads.
  private static Map<String, Object> keyHeads(JsonFields config, Map<String, Object> values)
      throws FormatException {
    if (config.bool("alibi").orElse(false)) {
      throw config.problem("alibi", "is true, but GGUF's falcon has rotary embedding only");
    }
    OptionalLong said = config.integer("num_kv_heads", 1, Integer.MAX_VALUE);
    if (said.isEmpty()) {
      said = config.integer("n_head_kv", 1, Integer.MAX_VALUE);
    }
    boolean isNew = config.bool("new_decoder_architecture").orElse(false);
    boolean sharesKeys = config.bool("multi_query").orElse(true);
    if (!isNew && sharesKeys && !config.has("n_head_kv")) {
      return Map.of("num_key_value_heads", 1);
    }
    return said.isEmpty() ? Map.of() : Map.of("num_key_value_heads", said.getAsLong());
  }

  private static boolean hasTwoNorms(int layer, ModelSizes sizes) throws FormatException {
    ModelConfig config = sizes.config();
    boolean isNew = config.is("new_decoder_architecture") || config.fields().has("n_head_kv");
    return isNew && config.optionalSize(List.of("num_ln_in_parallel_attn")).orElse(2) == 2;
  }

  /// From groups of some queries, a key and a value to all queries, all keys, all values.
  private static Expression regroup(Expression source, ModelSizes sizes) {
    long groups = sizes.keyValueHeads();
    long head = sizes.headLength();
    long queries = sizes.heads() / groups * head;
    long group = queries + 2 * head;
    return JoinRows.concatenate(
        List.of(
            SelectRows.of(source, RowOrder.part(groups, group, 0, queries)),
            SelectRows.of(source, RowOrder.part(groups, group, queries, head)),
            SelectRows.of(source, RowOrder.part(groups, group, queries + head, head))));
  }

  /// llama.cpp's converter (the reference) writes 2048 whatever config.json says.
  private static void contextLength(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    long said = source.config().optionalSize(List.of("max_position_embeddings")).orElse(2048);
    if (said != 2048 && source.isCorrected()) {
      source
          .notes()
          .add(
              "the context length %d is written; llama.cpp's converter writes 2048 (--as-reference)"
                  .formatted(said));
    }
    metadata.putUint32(source.key("context_length"), source.isCorrected() ? said : 2048);
  }

  /// The reference writes what published models have.
  private static void feedForwardLength(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    feedForwardLength(source, FEED_FORWARD.of(source.sizes()), metadata);
  }

  /// Does so for a length that the caller knows.
  ///
  /// @param length what the network has
  static void feedForwardLength(
      MetadataRule.Source source, long length, Metadata.Builder metadata) {
    long usual = 4L * source.sizes().hidden();
    if (length != usual && source.isCorrected()) {
      source
          .notes()
          .add(
              "feed_forward_length %d is written; llama.cpp's converter writes %d (--as-reference)"
                  .formatted(length, usual));
    }
    metadata.putUint32(source.key("feed_forward_length"), source.isCorrected() ? length : usual);
  }

  private static TensorRule block(String source, String target, Dimension... shape) {
    return TensorRule.of(BLOCK + source, "blk.{layer}." + target, shape);
  }
}
