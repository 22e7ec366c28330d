package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Dimension.HEAD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;
import static dev.zonda.convert.rules.Transform.FIRST_ROWS;
import static dev.zonda.convert.rules.Transform.LAST_ROWS;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;

/// Refact: a bias that grows with the distance (ALiBi), one key and one value for all heads, norms
/// that subtract the mean, a gated feed-forward network.
final class Refact {
  private static final String BLOCK = "transformer.h.{layer}.";
  private static final long MULTIPLE = 256;

  private static final Dimension FEED_FORWARD =
      new Dimension("n_inner * 2 / 3", sizes -> inner(length(sizes)));

  private static final List<TensorRule> TENSORS =
      List.of(
          TensorRule.of("transformer.wte.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("ln_f.weight", "output_norm.weight", HIDDEN)
              .or(TensorRule.of("transformer.ln_f.weight", "output_norm.weight", HIDDEN)),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional(),
          block("ln_1.weight", "attn_norm.weight", HIDDEN),
          block("attn.q.weight", "attn_q.weight", HIDDEN, HIDDEN),
          TensorRule.split(
                  BLOCK + "attn.kv.weight",
                  List.of(HEAD.times(2), HIDDEN),
                  new TensorRule.Output("blk.{layer}.attn_k.weight", FIRST_ROWS),
                  new TensorRule.Output("blk.{layer}.attn_v.weight", LAST_ROWS))
              .or(
                  TensorRule.together(
                      block("attn.k.weight", "attn_k.weight", HEAD, HIDDEN),
                      block("attn.v.weight", "attn_v.weight", HEAD, HIDDEN))),
          block("attn.c_proj.weight", "attn_output.weight", HIDDEN, HIDDEN),
          block("ln_2.weight", "ffn_norm.weight", HIDDEN),
          TensorRule.split(
                  BLOCK + "mlp.gate_up_proj.weight",
                  List.of(FEED_FORWARD.times(2), HIDDEN),
                  new TensorRule.Output("blk.{layer}.ffn_gate.weight", FIRST_ROWS),
                  new TensorRule.Output("blk.{layer}.ffn_up.weight", LAST_ROWS))
              .or(
                  TensorRule.together(
                      block("mlp.linear_1.weight", "ffn_gate.weight", FEED_FORWARD, HIDDEN),
                      block("mlp.linear_3.weight", "ffn_up.weight", FEED_FORWARD, HIDDEN))),
          block("mlp.c_proj.weight", "ffn_down.weight", HIDDEN, FEED_FORWARD));

  private static final Defaults DEFAULTS =
      Defaults.of(Map.of("tie_word_embeddings", true)).following(Refact::keyHeads);

  static final Family FAMILY =
      Family.builder("Refact", "refact")
          .models("Refact 1.6B base, fim")
          .defaults(DEFAULTS, "gpt_refact")
          .aliases(
              Map.of(
                  "hidden_size", List.of("n_embd"),
                  "num_attention_heads", List.of("n_head"),
                  "num_hidden_layers", List.of("n_layer")))
          .tensors(TENSORS)
          .prefix("transformer.")
          .leftovers(List.of())
          .metadata(
              MetadataRule.size("context_length", "n_positions"),
              MetadataRule.size("embedding_length", "hidden_size"),
              Refact::feedForwardLength,
              MetadataRule.size("block_count", "num_hidden_layers"),
              MetadataRule.size("attention.head_count", "num_attention_heads"),
              (source, metadata) -> metadata.putUint32(source.key("attention.head_count_kv"), 1),
              MetadataRule.real("attention.layer_norm_rms_epsilon", "layer_norm_epsilon"),
              MetadataRule.fileType(),
              PhiMoe::noteNorms,
              MetadataRule.implied("activation_function", "silu"),
              MetadataRule.implied("multi_query", true))
          .unusedFields(
              "attention_bias_in_fp32",
              "attention_softmax_in_fp32",
              "do_sample",
              "scale_attention_softmax_in_fp32",
              "scale_attn_weights")
          .build();

  private Refact() {}

  private static Map<String, Object> keyHeads(JsonFields config, Map<String, Object> values) {
    config.skip("num_key_value_heads");
    return Map.of("num_key_value_heads", 1);
  }

  private static long length(ModelSizes sizes) throws FormatException {
    return sizes.config().optionalSize(List.of("n_inner")).orElse(4L * sizes.hidden());
  }

  private static long inner(long length) {
    return MULTIPLE * Math.ceilDiv(2 * length / 3, MULTIPLE);
  }

  /// llama.cpp's converter takes for granted what published models have.
  private static void feedForwardLength(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    long own = FEED_FORWARD.of(source.sizes());
    long usual = inner(4L * source.sizes().hidden());
    if (own != usual && source.isCorrected()) {
      source.noteDropped("n_inner", length(source.sizes()), "feed_forward_length");
    }
    metadata.putUint32(source.key("feed_forward_length"), source.isCorrected() ? own : usual);
  }

  private static TensorRule block(String source, String target, Dimension... shape) {
    return TensorRule.of(BLOCK + source, "blk.{layer}." + target, shape);
  }
}
