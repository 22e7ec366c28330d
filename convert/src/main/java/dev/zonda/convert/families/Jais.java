package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;
import static dev.zonda.convert.rules.Transform.TRANSPOSE;

import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.expression.Multiple;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Factors;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.Leftover;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/// Jais: GPT-2's layout with a bias that grows with the distance (ALiBi), a gated feed-forward
/// network, and scales of muP that become part of the embedding and the output matrix.
final class Jais {
  private static final String BLOCK = "transformer.h.{layer}.";

  private static final List<TensorRule> MATRICES =
      List.of(
          TensorRule.of("transformer.wte.weight", "token_embd.weight", VOCABULARY, HIDDEN)
              .with(
                  (source, sizes) -> Factors.times(source, sizes, embeddingScale(sizes.config()))),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN)
              .with((source, sizes) -> Factors.times(source, sizes, outputScale(sizes.config())))
              .optional(),
          block("attn.c_attn.weight", "attn_qkv.weight", HIDDEN, HIDDEN.times(3)).with(TRANSPOSE),
          block("attn.c_attn.bias", "attn_qkv.bias", HIDDEN.times(3)),
          block("attn.c_proj.weight", "attn_output.weight", HIDDEN, HIDDEN).with(TRANSPOSE),
          block("attn.c_proj.bias", "attn_output.bias", HIDDEN),
          block("mlp.c_fc.weight", "ffn_up.weight", HIDDEN, Gpt2.FEED_FORWARD).with(TRANSPOSE),
          block("mlp.c_fc.bias", "ffn_up.bias", Gpt2.FEED_FORWARD),
          block("mlp.c_fc2.weight", "ffn_gate.weight", HIDDEN, Gpt2.FEED_FORWARD).with(TRANSPOSE),
          block("mlp.c_fc2.bias", "ffn_gate.bias", Gpt2.FEED_FORWARD),
          block("mlp.c_proj.weight", "ffn_down.weight", Gpt2.FEED_FORWARD, HIDDEN).with(TRANSPOSE),
          block("mlp.c_proj.bias", "ffn_down.bias", HIDDEN));

  /// What the published class says.
  private static final Defaults DEFAULTS =
      Defaults.of(Map.of("scale_attn_weights", true, "tie_word_embeddings", true));

  static final Family FAMILY =
      Family.builder("Jais", "jais")
          .models("Jais 13B, 30B", "Jais family 590M to 70B")
          .defaults(DEFAULTS, "jais")
          .aliases(
              Map.of(
                  "hidden_size", List.of("n_embd"),
                  "num_attention_heads", List.of("n_head"),
                  "num_hidden_layers", List.of("n_layer")))
          .tensors(MATRICES, Gpt2.NORMS)
          .prefix("transformer.")
          .leftovers(
              List.of(
                  Leftover.buffer("*.attn.bias"),
                  Leftover.buffer("*.attn.masked_bias"),
                  Leftover.buffer("*relative_pe.slopes")))
          .preamble(
              (source, metadata) -> metadata.putFloat32(source.key("attention.max_alibi_bias"), 8))
          .metadata(
              MetadataRule.size("block_count", "num_hidden_layers"),
              MetadataRule.size("context_length", "n_positions"),
              MetadataRule.size("embedding_length", "hidden_size"),
              MetadataRule.computed("feed_forward_length", Gpt2.FEED_FORWARD),
              MetadataRule.size("attention.head_count", "num_attention_heads"),
              MetadataRule.real("attention.layer_norm_epsilon", "layer_norm_epsilon"),
              MetadataRule.fileType(),
              Jais::requireNetwork,
              MetadataRule.only(
                  "scale_attn_by_inverse_layer_idx", false, "each layer has a scale of its own"),
              Jais::keepScale)
          .tiedOutput((source, sizes) ->
              new Multiple(
                  source, (float) (outputScale(sizes.config()) / embeddingScale(sizes.config()))))
          .unusedFields("mup_scale_qk_dot_by_d", "reorder_and_upcast_attn", "scale_qk_dot_by_d")
          .build();

  private Jais() {}

  private static double embeddingScale(ModelConfig config) throws FormatException {
    return required(config, "mup_embeddings_scale", "embeddings_scale");
  }

  private static double outputScale(ModelConfig config) throws FormatException {
    return config.fields().mentions("mup_output_alpha")
        ? required(config, "mup_output_alpha") * required(config, "mup_width_scale")
        : required(config, "width_scale");
  }

  private static double required(ModelConfig config, String... names) throws FormatException {
    OptionalDouble value = config.optionalReal(List.of(names));
    if (value.isEmpty()) {
      throw config.fields().problem(names[0], "is missing, expected a number");
    }
    return value.getAsDouble();
  }

  private static void requireNetwork(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    require(source.config(), "activation_function", "swiglu");
    require(source.config(), "position_embedding_type", "alibi");
    if (source.config().fields().has("alibi_scaling")) {
      source
          .notes()
          .add(
              "alibi_scaling is set, which GGUF has no key for: texts that are longer than"
                  + " those of the training are not stretched");
    }
  }

  private static void require(ModelConfig config, String field, String only)
      throws FormatException {
    String said = config.text(field).orElse("missing");
    if (!said.equals(only)) {
      throw config.fields().problem(field, "is '%s', expected '%s'".formatted(said, only));
    }
  }

  /// llama.cpp divides products of queries and keys by the length of a head, as published models
  /// do.
  private static void keepScale(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    ModelConfig config = source.config();
    boolean isByLength =
        config.fields().mentions("scale_qk_dot_by_d")
            ? config.is("scale_qk_dot_by_d")
            : config.is("mup_scale_qk_dot_by_d");
    boolean isScaled = config.is("scale_attn_weights");
    if (isByLength && isScaled) {
      return;
    }
    source.noteUnwritten(isScaled ? "mup_scale_qk_dot_by_d" : "scale_attn_weights", false, true);
    double scale = isScaled ? 1 / Math.sqrt(source.sizes().headLength()) : 1;
    source.unwritten().putFloat32(source.key("attention.scale"), (float) scale);
  }

  private static TensorRule block(String source, String target, Dimension... shape) {
    return TensorRule.of(BLOCK + source, "blk.{layer}." + target, shape);
  }
}
