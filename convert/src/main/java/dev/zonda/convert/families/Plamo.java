package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Dimension.FEED_FORWARD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.KEYS;
import static dev.zonda.convert.rules.Dimension.QUERIES;

import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.RowOrder;
import dev.zonda.convert.expression.SelectColumns;
import dev.zonda.convert.expression.SelectRows;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/// PLaMo 1: attention and feed-forward network side by side after one norm. Each head of keys
/// serves heads of queries that lie apart, and lie next to each other in the file.
final class Plamo {
  private static final String SHARING = "n_shared_head";

  /// What the reference writes for every model.
  private static final long CONTEXT_LENGTH = 4096;

  private static final long KEY_HEADS = 5;

  private static final List<TensorRule> TENSORS =
      List.of(
          layer("norm.weight", "attn_norm.weight", HIDDEN),
          layer("self_attn.q_proj.weight", "attn_q.weight", QUERIES, HIDDEN)
              .with((source, sizes) ->
                  SelectRows.of(source, order(sizes, source.shape().dimension(0)))),
          layer("self_attn.k_proj.weight", "attn_k.weight", KEYS, HIDDEN),
          layer("self_attn.v_proj.weight", "attn_v.weight", KEYS, HIDDEN),
          layer("self_attn.o_proj.weight", "attn_output.weight", HIDDEN, QUERIES)
              .with(Plamo::sorted),
          layer("mlp.gate_proj.weight", "ffn_gate.weight", FEED_FORWARD, HIDDEN),
          layer("mlp.up_proj.weight", "ffn_up.weight", FEED_FORWARD, HIDDEN),
          layer("mlp.down_proj.weight", "ffn_down.weight", HIDDEN, FEED_FORWARD));

  /// What the PlamoConfig that is published with the models says.
  private static final Defaults DEFAULTS =
      Defaults.of(
          Map.of(
              "vocab_size",
              32000,
              "hidden_size",
              4096,
              "intermediate_size",
              13312,
              "num_hidden_layers",
              32,
              "num_attention_heads",
              32,
              SHARING,
              8,
              "max_position_embeddings",
              2048,
              "rms_norm_eps",
              1e-6));

  static final Family FAMILY =
      Family.builder("PLaMo", "plamo")
          .models("PLaMo 13B, 13B Instruct, 13B Instruct NC")
          .publishedDefaults(DEFAULTS, "plamo")
          .tensors(CommonTensors.EMBEDDINGS, TENSORS)
          .layerSizes((sizes, layer) ->
              sizes.withHeads(sizes.heads(), keyHeads(sizes), sizes.headLength()).at(layer))
          .metadata(
              Plamo::contextLength,
              MetadataRule.size("embedding_length", "hidden_size"),
              MetadataRule.size("feed_forward_length", "intermediate_size"),
              MetadataRule.size("block_count", "num_hidden_layers"),
              MetadataRule.size("attention.head_count", "num_attention_heads"),
              (source, metadata) ->
                  metadata.putUint32(
                      source.key("attention.head_count_kv"),
                      source.isCorrected() ? keyHeads(source.sizes()) : KEY_HEADS),
              MetadataRule.real("attention.layer_norm_rms_epsilon", "rms_norm_eps"),
              MetadataRule.fileType(),
              MetadataRule.implied("hidden_act", "silu"))
          .vocabulary(VocabularyForm.SENTENCEPIECE_OR_BYTES)
          .unusedFields("tokenizer_class")
          .build();

  private Plamo() {}

  private static TensorRule layer(String source, String target, Dimension... shape) {
    return TensorRule.of("model.layers.layers.{layer}." + source, "blk.{layer}." + target, shape);
  }

  private static long sharing(ModelSizes sizes) throws FormatException {
    return sizes.config().optionalSize(List.of(SHARING)).orElse(8);
  }

  /// config.json has another number under the usual name, which its code does not read.
  private static int keyHeads(ModelSizes sizes) throws FormatException {
    long sharing = sharing(sizes);
    if (sizes.heads() % sharing != 0) {
      throw sizes
          .config()
          .fields()
          .problem(
              SHARING,
              ("is %d, which does not divide num_attention_heads, %d: heads of keys would serve"
                      .formatted(sharing, sizes.heads())
                  + " unlike numbers of others"));
    }
    return Math.toIntExact(sizes.heads() / sharing);
  }

  /// Of heads that are counted on over all heads of keys, those of one head of keys after the
  /// other.
  private static RowOrder order(ModelSizes sizes, long values) throws FormatException {
    long keys = keyHeads(sizes);
    long length = values / sizes.heads();
    return new RowOrder(
        0,
        List.of(
            new RowOrder.Loop(keys, length),
            new RowOrder.Loop(sharing(sizes), keys * length),
            new RowOrder.Loop(length, 1)));
  }

  private static Expression sorted(Expression source, ModelSizes sizes) throws FormatException {
    return new SelectColumns(source, order(sizes, source.shape().rowLength()));
  }

  private static void contextLength(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    OptionalLong length = source.config().optionalSize(List.of("max_position_embeddings"));
    metadata.putUint32(
        source.key("context_length"),
        source.isCorrected() ? length.orElse(CONTEXT_LENGTH) : CONTEXT_LENGTH);
  }
}
