package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.FEED_FORWARD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.QUERIES;
import static dev.zonda.convert.rules.Dimension.QUERIES_KEYS_VALUES;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.RowOrder;
import dev.zonda.convert.expression.RowOrder.Loop;
import dev.zonda.convert.expression.SelectRows;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.tokenizers.VocabularyForm;
import java.util.List;
import java.util.Map;

/// InternLM 2 and 2.5: Llama's network under names of its own. One matrix holds, for each head of
/// keys, its queries, then the keys, then the values.
final class InternLm2 {
  private static final Announcement BIASES = config -> config.is("bias");

  private static final List<TensorRule> EMBEDDINGS =
      List.of(
          TensorRule.of("model.tok_embeddings.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("model.norm.weight", "output_norm.weight", HIDDEN),
          TensorRule.of("output.weight", "output.weight", VOCABULARY, HIDDEN).optional());

  private static final List<TensorRule> LAYERS =
      List.of(
          block("attention_norm.weight", "attn_norm.weight", HIDDEN),
          block("ffn_norm.weight", "ffn_norm.weight", HIDDEN),
          heads("weight", QUERIES_KEYS_VALUES, HIDDEN),
          heads("bias", QUERIES_KEYS_VALUES).optional().announced(BIASES),
          block("feed_forward.w1.weight", "ffn_gate.weight", FEED_FORWARD, HIDDEN),
          block("feed_forward.w3.weight", "ffn_up.weight", FEED_FORWARD, HIDDEN),
          block("feed_forward.w2.weight", "ffn_down.weight", HIDDEN, FEED_FORWARD));

  private static final List<TensorRule> OUTPUT =
      TensorRule.biased(
          BIASES, block("attention.wo.weight", "attn_output.weight", HIDDEN, QUERIES));

  /// What the InternLM2Config that is published with the models says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 103168,
                  "hidden_size", 4096,
                  "intermediate_size", 11008,
                  "num_hidden_layers", 32,
                  "num_attention_heads", 32,
                  "max_position_embeddings", 2048,
                  "rms_norm_eps", 1e-6,
                  "rope_theta", 10000.0,
                  "bias", true))
          .asManyKeyHeadsAsQueries();

  static final Family FAMILY =
      Family.builder("InternLM 2", "internlm2")
          .models("InternLM 2", "InternLM 2.5")
          .publishedDefaults(DEFAULTS, "internlm2", "internlm")
          .tensors(EMBEDDINGS, LAYERS, OUTPUT)
          .metadata(NetworkKeys.ALL, ActivationRule.SILU)
          .vocabulary(VocabularyForm.INTERNLM_2)
          .build();

  private InternLm2() {}

  private static TensorRule heads(String end, Dimension... shape) {
    return TensorRule.split(
        "model.layers.{layer}.attention.wqkv." + end,
        List.of(shape),
        new TensorRule.Output("blk.{layer}.attn_q." + end, InternLm2::queries),
        new TensorRule.Output("blk.{layer}.attn_k." + end, InternLm2::keys),
        new TensorRule.Output("blk.{layer}.attn_v." + end, InternLm2::values));
  }

  private static Expression queries(Expression source, ModelSizes sizes) {
    long head = sizes.headLength();
    int shared = sizes.heads() / sizes.keyValueHeads();
    return SelectRows.of(
        source,
        new RowOrder(
            0,
            List.of(
                groups(sizes),
                new Loop(shared, head),
                new Loop(head / 2, 1),
                new Loop(2, head / 2))));
  }

  private static Expression keys(Expression source, ModelSizes sizes) {
    long head = sizes.headLength();
    return SelectRows.of(
        source,
        new RowOrder(
            sizes.heads() / sizes.keyValueHeads() * head,
            List.of(groups(sizes), new Loop(head / 2, 1), new Loop(2, head / 2))));
  }

  private static Expression values(Expression source, ModelSizes sizes) {
    long head = sizes.headLength();
    return SelectRows.of(
        source,
        new RowOrder(
            (sizes.heads() / sizes.keyValueHeads() + 1) * head,
            List.of(groups(sizes), new Loop(head, 1))));
  }

  /// A turn for each head of keys.
  private static Loop groups(ModelSizes sizes) {
    long rows = (long) (sizes.heads() / sizes.keyValueHeads() + 2) * sizes.headLength();
    return new Loop(sizes.keyValueHeads(), rows);
  }
}
