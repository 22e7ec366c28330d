package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.QUERIES_KEYS_VALUES;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.FusedHeads;
import dev.zonda.convert.rules.Leftover;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.Transform;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;

/// StarCoder and SantaCoder (GPT-BigCode): GPT-2's network, whose heads share one key and one
/// value, and whose matrices are stored with their outputs outermost.
final class StarCoder {
  private static final String BLOCK = "transformer.h.{layer}.";

  /// What transformers' GPTBigCodeConfig says.
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
                  "tie_word_embeddings", true))
          .following(StarCoder::keyHeads);

  static final Family FAMILY =
      Family.builder("StarCoder", "starcoder")
          .models("StarCoder, StarCoderBase, StarCoderPlus", "SantaCoder", "Granite 20B Code")
          .defaults(DEFAULTS, "gpt_bigcode")
          .aliases(
              Map.of(
                  "hidden_size", List.of("n_embd"),
                  "num_attention_heads", List.of("n_head"),
                  "num_hidden_layers", List.of("n_layer"),
                  "n_positions", List.of("max_position_embeddings")))
          .tensors(Gpt2.EMBEDDINGS, layers(QUERIES_KEYS_VALUES, StarCoder::regroup))
          .prefix("transformer.")
          .leftovers(List.of(Leftover.buffer("*.attn.bias")))
          .metadata(
              MetadataRule.size("context_length", "n_positions"),
              MetadataRule.size("embedding_length", "hidden_size"),
              StarCoder::feedForwardLength,
              MetadataRule.size("block_count", "num_hidden_layers"),
              MetadataRule.size("attention.head_count", "num_attention_heads"),
              StarCoder::writeKeyHeads,
              MetadataRule.real("attention.layer_norm_epsilon", "layer_norm_epsilon"),
              MetadataRule.fileType(),
              StarCoder::keepScale,
              new ActivationRule("activation_function", "gelu_pytorch_tanh"),
              MetadataRule.only("add_cross_attention", false, "the network also sees another text"))
          .unusedFields(
              "attention_softmax_in_fp32",
              "inference_runner",
              "max_batch_size",
              "max_sequence_length",
              "pad_key_length",
              "pre_allocate_kv_cache",
              "scale_attention_softmax_in_fp32",
              "validate_runner_input")
          .build();

  private StarCoder() {}

  /// The norms and the matrices of the layers, all with biases.
  ///
  /// @param heads rows of queries, keys and values
  /// @param regrouped what becomes of them
  static List<TensorRule> layers(Dimension heads, Transform regrouped) {
    return TensorRule.biased(
        TensorRule.of("transformer.ln_f.weight", "output_norm.weight", HIDDEN),
        block("ln_1.weight", "attn_norm.weight", HIDDEN),
        block("attn.c_attn.weight", "attn_qkv.weight", heads, HIDDEN).with(regrouped),
        block("attn.c_proj.weight", "attn_output.weight", HIDDEN, HIDDEN),
        block("ln_2.weight", "ffn_norm.weight", HIDDEN),
        block("mlp.c_fc.weight", "ffn_up.weight", Gpt2.FEED_FORWARD, HIDDEN),
        block("mlp.c_proj.weight", "ffn_down.weight", HIDDEN, Gpt2.FEED_FORWARD));
  }

  static void feedForwardLength(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    Falcon.feedForwardLength(source, Gpt2.FEED_FORWARD.of(source.sizes()), metadata);
  }

  private static Map<String, Object> keyHeads(JsonFields config, Map<String, Object> values)
      throws FormatException {
    boolean isShared = config.bool("multi_query").orElse(true);
    config.skip("num_key_value_heads");
    return isShared ? Map.of("num_key_value_heads", 1) : Map.of();
  }

  /// Without sharing, the queries, the keys and the values of each head lie side by side, which
  /// llama.cpp's converter does not see.
  private static Expression regroup(Expression source, ModelSizes sizes) {
    boolean isShared = sizes.keyValueHeads() == 1;
    return isShared || sizes.fidelity() == Fidelity.AS_REFERENCE
        ? source
        : FusedHeads.regroup(source, sizes);
  }

  private static void writeKeyHeads(MetadataRule.Source source, Metadata.Builder metadata) {
    int said = source.sizes().keyValueHeads();
    String key = "attention.head_count_kv";
    if (said != 1 && source.isCorrected()) {
      source.noteDropped("multi_query", false, key);
    }
    metadata.putUint32(source.key(key), source.isCorrected() ? said : 1);
  }

  private static void keepScale(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    if (!source.config().is("scale_attn_weights")) {
      source.noteUnwritten("scale_attn_weights", false, true);
      source.unwritten().putFloat32(source.key("attention.scale"), 1);
    }
  }

  private static TensorRule block(String source, String target, Dimension... shape) {
    return TensorRule.of(BLOCK + source, "blk.{layer}." + target, shape);
  }
}
