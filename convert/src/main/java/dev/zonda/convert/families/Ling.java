package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.KEYS;
import static dev.zonda.convert.rules.Dimension.QUERIES;
import static dev.zonda.convert.rules.Dimension.QUERIES_KEYS_VALUES;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.RowOrder;
import dev.zonda.convert.expression.SelectRows;
import dev.zonda.convert.expression.UnitColumns;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.Transform;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;

/// Ling and Ring 1: queries, keys and values in one matrix, many small experts next to shared ones,
/// and an output matrix whose columns have the length one.
final class Ling {
  private static final Dimension EXPERTS = Dimension.of("num_experts");
  private static final Dimension EXPERT_FEED_FORWARD = Dimension.of("moe_intermediate_size");
  private static final Dimension SHARED =
      new Dimension(
          "num_shared_experts * moe_intermediate_size",
          sizes -> Math.multiplyExact(sharedExperts(sizes), sizes.size("moe_intermediate_size")));

  private static final TensorRule.Layers EXPERT_LAYERS =
      (layer, sizes) -> layer >= denseLayers(sizes);

  private static final TensorRule.Layers SHARING_LAYERS =
      (layer, sizes) -> layer >= denseLayers(sizes) && sharedExperts(sizes) > 0;

  static final List<TensorRule> FRAME =
      List.of(
          TensorRule.of("model.word_embeddings.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("model.norm.weight", "output_norm.weight", HIDDEN),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN)
              .optional()
              .with(Ling::output),
          block("input_layernorm.weight", "attn_norm.weight", HIDDEN),
          block("post_attention_layernorm.weight", "ffn_norm.weight", HIDDEN));

  /// The output of attention.
  static final List<TensorRule> ATTENTION_OUTPUT =
      TensorRule.biased(
          Announcement.by("use_bias", true),
          block("attention.dense.weight", "attn_output.weight", HIDDEN, QUERIES));

  /// Dense networks on the first layers, experts on the others.
  static final List<List<TensorRule>> NETWORKS =
      List.of(
          TensorRule.on(
              TensorRule.Layers.allBut(EXPERT_LAYERS), CommonTensors.FEED_FORWARD_NETWORK),
          TensorRule.on(EXPERT_LAYERS, Qwen2Moe.experts(EXPERTS, EXPERT_FEED_FORWARD)),
          TensorRule.on(
              SHARING_LAYERS,
              List.of(
                  shared("gate_proj", "gate", SHARED, HIDDEN),
                  shared("up_proj", "up", SHARED, HIDDEN),
                  shared("down_proj", "down", HIDDEN, SHARED))));

  private static final List<TensorRule> HEADS =
      List.of(
          TensorRule.split(
              "model.layers.{layer}.attention.query_key_value.weight",
              List.of(QUERIES_KEYS_VALUES, HIDDEN),
              new TensorRule.Output("blk.{layer}.attn_q.weight", Ling::queries),
              new TensorRule.Output("blk.{layer}.attn_k.weight", Ling::keys),
              new TensorRule.Output("blk.{layer}.attn_v.weight", Ling::values)));

  /// What the published BailingMoeConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
          Map.of(
              "vocab_size",
              30592,
              "hidden_size",
              1024,
              "num_hidden_layers",
              24,
              "num_attention_heads",
              16,
              "rms_norm_eps",
              1e-5,
              "max_position_embeddings",
              16384,
              "rope_theta",
              10000.0,
              "num_experts",
              16,
              "num_experts_per_tok",
              2,
              "norm_topk_prob",
              true));

  static final Family FAMILY =
      Family.builder("Ling", "bailingmoe")
          .models("Ling Lite, Plus, Coder Lite", "Ring Lite")
          .publishedDefaults(DEFAULTS, "bailing_moe")
          .tensors(
              FRAME, HEADS, ATTENTION_OUTPUT, NETWORKS.get(0), NETWORKS.get(1), NETWORKS.get(2))
          .metadata(
              NetworkKeys.ALL,
              MetadataRule.computed("rope.dimension_count", Dimension.HEAD),
              Ling::denseLayers,
              MetadataRule.size("vocab_size", "vocab_size"),
              MetadataRule.size("expert_feed_forward_length", "moe_intermediate_size"),
              (source, metadata) -> metadata.putFloat32(source.key("expert_weights_scale"), 1),
              Ling::sharedExperts,
              Ling::expertWeights,
              MetadataRule.only("use_qkv_bias", false, "queries, keys and values have biases"),
              MetadataRule.implied("use_sliding_window", false),
              Ling::outputMatrix,
              ActivationRule.SILU)
          .unusedFields(
              "sliding_window",
              "max_window_layers",
              "norm_softmax",
              "output_dropout",
              "use_rmsnorm")
          .build();

  private Ling() {}

  private static TensorRule shared(String source, String target, Dimension... shape) {
    return block(
        "mlp.shared_experts." + source + ".weight", "ffn_" + target + "_shexp.weight", shape);
  }

  /// How many of the first layers have no experts.
  static long denseLayers(ModelSizes sizes) throws FormatException {
    return sizes.config().optionalCount(List.of("first_k_dense_replace")).orElse(0);
  }

  static void denseLayers(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    metadata.putUint32(source.key("leading_dense_block_count"), denseLayers(source.sizes()));
  }

  static long sharedExperts(ModelSizes sizes) throws FormatException {
    return sizes.config().optionalCount(List.of("num_shared_experts")).orElse(0);
  }

  static void sharedExperts(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    metadata.putUint32(source.key("expert_shared_count"), sharedExperts(source.sizes()));
  }

  /// The weight of a single expert is never divided by itself.
  private static void expertWeights(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    boolean isSaid = source.config().is("norm_topk_prob");
    boolean isOne = source.config().optionalSize(List.of("num_experts_per_tok")).orElse(2) == 1;
    boolean isNormalized = isSaid && !(isOne && source.isCorrected());
    metadata.putBool(source.key("expert_weights_norm"), isNormalized);
    if (isSaid != isNormalized) {
      source
          .notes()
          .add(
              "norm_topk_prob is true, but there is one expert for each token: expert_weights_norm"
                  + " is false; llama.cpp's converter writes true (--as-reference)");
    }
  }

  /// An embedding cannot at once be itself and have its columns divided.
  private static void outputMatrix(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    boolean isTied = source.config().is("tie_word_embeddings");
    if (source.isCorrected() && isTied && source.config().is("norm_head")) {
      throw source
          .config()
          .fields()
          .problem("norm_head", "is true, but tie_word_embeddings, too, which cannot be evaluated");
    }
  }

  private static Expression output(Expression source, ModelSizes sizes) throws FormatException {
    return sizes.config().is("norm_head") ? new UnitColumns(source) : source;
  }

  private static Expression queries(Expression source, ModelSizes sizes) throws FormatException {
    return Transform.PERMUTE_QUERIES.apply(rows(source, 0, QUERIES.of(sizes)), sizes);
  }

  private static Expression keys(Expression source, ModelSizes sizes) throws FormatException {
    return Transform.PERMUTE_KEYS.apply(rows(source, QUERIES.of(sizes), KEYS.of(sizes)), sizes);
  }

  private static Expression values(Expression source, ModelSizes sizes) throws FormatException {
    return rows(source, QUERIES.plus(KEYS).of(sizes), KEYS.of(sizes));
  }

  private static Expression rows(Expression source, long from, long count) {
    return SelectRows.of(source, new RowOrder(from, List.of(new RowOrder.Loop(count, 1))));
  }
}
