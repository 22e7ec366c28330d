package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;
import static dev.zonda.convert.rules.Transform.TRANSPOSE;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.Leftover;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// GPT-2: learned positions, norms with biases, matrices stored with their inputs outermost; the
/// embedding is also the output matrix.
final class Gpt2 {
  private static final String BLOCK = "transformer.h.{layer}.";

  /// Features within a feed-forward network.
  static final Dimension FEED_FORWARD =
      new Dimension(
          "n_inner",
          sizes -> sizes.config().optionalSize(List.of("n_inner")).orElse(4L * sizes.hidden()));

  static final List<TensorRule> EMBEDDINGS =
      List.of(
          TensorRule.of("transformer.wte.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of(
              "transformer.wpe.weight",
              "position_embd.weight",
              Dimension.of("n_positions"),
              HIDDEN),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional());

  private static final List<TensorRule> MATRICES =
      List.of(
          block("attn.c_attn.weight", "attn_qkv.weight", HIDDEN, HIDDEN.times(3)).with(TRANSPOSE),
          block("attn.c_attn.bias", "attn_qkv.bias", HIDDEN.times(3)),
          block("attn.c_proj.weight", "attn_output.weight", HIDDEN, HIDDEN).with(TRANSPOSE),
          block("attn.c_proj.bias", "attn_output.bias", HIDDEN),
          block("mlp.c_fc.weight", "ffn_up.weight", HIDDEN, FEED_FORWARD).with(TRANSPOSE),
          block("mlp.c_fc.bias", "ffn_up.bias", FEED_FORWARD),
          block("mlp.c_proj.weight", "ffn_down.weight", FEED_FORWARD, HIDDEN).with(TRANSPOSE),
          block("mlp.c_proj.bias", "ffn_down.bias", HIDDEN));

  static final List<TensorRule> NORMS =
      TensorRule.biased(
          TensorRule.of("transformer.ln_f.weight", "output_norm.weight", HIDDEN),
          block("ln_1.weight", "attn_norm.weight", HIDDEN),
          block("ln_2.weight", "ffn_norm.weight", HIDDEN));

  /// What transformers' GPT2Config says.
  private static final Defaults DEFAULTS =
      Defaults.of(
          Map.of(
              "vocab_size", 50257,
              "hidden_size", 768,
              "num_hidden_layers", 12,
              "num_attention_heads", 12,
              "n_positions", 1024,
              "layer_norm_epsilon", 1e-5,
              "scale_attn_weights", true,
              "tie_word_embeddings", true));

  static final Family FAMILY =
      Family.builder("GPT-2", "gpt2")
          .models("GPT-2, Medium, Large, XL", "DistilGPT2")
          .defaults(DEFAULTS, "gpt2")
          .aliases(
              Map.of(
                  "hidden_size", List.of("n_embd"),
                  "num_attention_heads", List.of("n_head"),
                  "num_hidden_layers", List.of("n_layer"),
                  "n_positions", List.of("n_ctx")))
          .tensors(EMBEDDINGS, MATRICES, NORMS)
          .prefix("transformer.")
          .leftovers(List.of(Leftover.buffer("*.attn.bias"), Leftover.buffer("*.attn.masked_bias")))
          .metadata(
              MetadataRule.size("block_count", "num_hidden_layers"),
              MetadataRule.size("context_length", "n_ctx", "n_positions"),
              MetadataRule.size("embedding_length", "hidden_size"),
              (source, metadata) ->
                  Falcon.feedForwardLength(source, FEED_FORWARD.of(source.sizes()), metadata),
              MetadataRule.size("attention.head_count", "num_attention_heads"),
              MetadataRule.real("attention.layer_norm_epsilon", "layer_norm_epsilon"),
              MetadataRule.fileType(),
              new ActivationRule("activation_function", "gelu_new"),
              Gpt2::keepScales,
              MetadataRule.only("add_cross_attention", false, "the network also sees another text"))
          .unusedFields("reorder_and_upcast_attn")
          .build();

  private Gpt2() {}

  /// Products of queries and keys are divided by the root of a head's length, unless config.json
  /// says otherwise.
  private static void keepScales(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    boolean isScaled = source.config().is("scale_attn_weights");
    boolean fallsWithLayers = source.config().is("scale_attn_by_inverse_layer_idx");
    if (isScaled && !fallsWithLayers) {
      return;
    }
    if (!isScaled) {
      source.noteUnwritten("scale_attn_weights", false, true);
    }
    if (fallsWithLayers) {
      source.noteUnwritten("scale_attn_by_inverse_layer_idx", true, false);
    }
    double scale = isScaled ? 1 / Math.sqrt(source.sizes().headLength()) : 1;
    List<Float> scales = new ArrayList<>();
    for (int layer = 0; layer < source.sizes().layers(); layer++) {
      scales.add((float) (fallsWithLayers ? scale / (layer + 1) : scale));
    }
    source.keepNumbers("attention.layer_scales", scales);
  }

  private static TensorRule block(String source, String target, Dimension... shape) {
    return TensorRule.of(BLOCK + source, "blk.{layer}." + target, shape);
  }
}
