package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Dimension.HEAD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.Transform;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.MetadataValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// OpenELM: layers with more and more heads and wider and wider networks.
final class OpenElm {
  private static final String QUERY_HEADS = "num_query_heads";
  private static final String KEY_HEADS = "num_kv_heads";

  private static final Dimension HEADS_OF_LAYER =
      new Dimension(QUERY_HEADS, sizes -> ofLayer(sizes, QUERY_HEADS));
  private static final Dimension KEY_HEADS_OF_LAYER =
      new Dimension(KEY_HEADS, sizes -> ofLayer(sizes, KEY_HEADS));
  private static final Dimension FEED_FORWARD =
      new Dimension(
          "ffn_multipliers * model_dim", sizes -> feedForward(sizes.config(), sizes.layer()));

  private static final List<TensorRule> TENSORS =
      List.of(
          TensorRule.of(
              "transformer.token_embeddings.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("transformer.norm.weight", "output_norm.weight", HIDDEN),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional(),
          block("attn_norm.weight", "attn_norm.weight", HIDDEN),
          block(
              "attn.qkv_proj.weight",
              "attn_qkv.weight",
              HEAD.times(HEADS_OF_LAYER.plus(KEY_HEADS_OF_LAYER.times(2))),
              HIDDEN),
          block("attn.q_norm.weight", "attn_q_norm.weight", HEAD),
          block("attn.k_norm.weight", "attn_k_norm.weight", HEAD),
          block("attn.out_proj.weight", "attn_output.weight", HIDDEN, HEAD.times(HEADS_OF_LAYER)),
          block("ffn_norm.weight", "ffn_norm.weight", HIDDEN),
          TensorRule.split(
              "transformer.layers.{layer}.ffn.proj_1.weight",
              List.of(FEED_FORWARD.times(2), HIDDEN),
              new TensorRule.Output("blk.{layer}.ffn_gate.weight", Transform.FIRST_HALF),
              new TensorRule.Output("blk.{layer}.ffn_up.weight", Transform.SECOND_HALF)),
          block("ffn.proj_2.weight", "ffn_down.weight", HIDDEN, FEED_FORWARD));

  private static final float EPSILON = 1e-6f;

  static final Family FAMILY =
      Family.builder("OpenELM", "openelm")
          .models("OpenELM 270M to 3B")
          .prefix("transformer.")
          .aliases(
              Map.of(
                  "hidden_size", List.of("model_dim"),
                  "num_hidden_layers", List.of("num_transformer_layers"),
                  "tie_word_embeddings", List.of("share_input_output_layers")))
          // Sizes that other families have for all layers.
          .defaults(Defaults.NONE.following((config, known) -> first(config)), "openelm")
          .tensors(TENSORS)
          .metadata(
              (source, metadata) ->
                  metadata.putUint32(source.key("block_count"), source.sizes().layers()),
              MetadataRule.size("context_length", "max_context_length"),
              MetadataRule.size("embedding_length", "hidden_size"),
              (source, metadata) ->
                  metadata.put(source.key("feed_forward_length"), lengths(source.sizes())),
              (source, metadata) ->
                  metadata.put(
                      source.key("attention.head_count"), counts(source.sizes(), QUERY_HEADS)),
              (source, metadata) ->
                  metadata.put(
                      source.key("attention.head_count_kv"), counts(source.sizes(), KEY_HEADS)),
              MetadataRule.real("rope.freq_base", "rope_freq_constant"),
              (source, metadata) ->
                  metadata.putFloat32(source.key("attention.layer_norm_rms_epsilon"), EPSILON),
              MetadataRule.computed("rope.dimension_count", HEAD),
              MetadataRule.computed("attention.key_length", HEAD),
              MetadataRule.computed("attention.value_length", HEAD),
              MetadataRule.fileType(),
              MetadataRule.only("ffn_with_glu", true, "a network without a gate"),
              MetadataRule.only("normalize_qk_projections", true, "no norms of heads"),
              MetadataRule.implied("normalization_layer_name", "rms_norm"),
              new ActivationRule("activation_fn_name", "swish"))
          .vocabulary(VocabularyForm.SENTENCEPIECE_OR_BYTES)
          // The numbers of heads follow from these; positions are computed as far as needed.
          .unusedFields("num_gqa_groups", "qkv_multipliers", "rope_max_length")
          .build();

  private OpenElm() {}

  private static Map<String, Object> first(JsonFields config) throws FormatException {
    return Map.of(
        "num_attention_heads", number(config, QUERY_HEADS, 0),
        "num_key_value_heads", number(config, KEY_HEADS, 0));
  }

  private static long ofLayer(ModelSizes sizes, String field) throws FormatException {
    return number(sizes.config().fields(), field, sizes.layer());
  }

  private static long number(JsonFields config, String field, int layer) throws FormatException {
    List<Long> numbers = config.integers(field).orElse(List.of());
    if (layer >= numbers.size()) {
      throw config.problem(field, "has no number for layer " + layer);
    }
    long number = numbers.get(layer);
    if (number < 1 || number > Short.MAX_VALUE) {
      throw config.problem(field, "holds %d, expected 1 to %d".formatted(number, Short.MAX_VALUE));
    }
    return number;
  }

  /// The width of a layer's network: a multiple of a divisor, and not much less than said.
  private static long feedForward(ModelConfig config, int layer) throws FormatException {
    List<Double> multipliers =
        config.fields().reals("ffn_multipliers").stream().flatMap(List::stream).toList();
    if (layer >= multipliers.size()) {
      throw config.fields().problem("ffn_multipliers", "has no number for layer " + layer);
    }
    long divisor = config.size("ffn_dim_divisor");
    double wanted = multipliers.get(layer) * config.size("hidden_size");
    long rounded = Math.max(divisor, (long) (wanted + divisor / 2.0) / divisor * divisor);
    long length = rounded < 0.9 * wanted ? rounded + divisor : rounded;
    if (length > Integer.MAX_VALUE) {
      throw config.fields().problem("ffn_multipliers", "holds a number that is too large");
    }
    return length;
  }

  private static MetadataValue lengths(ModelSizes sizes) throws FormatException {
    List<Long> all = new ArrayList<>();
    for (int layer = 0; layer < sizes.layers(); layer++) {
      all.add(feedForward(sizes.config(), layer));
    }
    return array(all);
  }

  private static MetadataValue counts(ModelSizes sizes, String field) throws FormatException {
    List<Long> all = new ArrayList<>();
    for (int layer = 0; layer < sizes.layers(); layer++) {
      all.add(number(sizes.config().fields(), field, layer));
    }
    return array(all);
  }

  private static MetadataValue array(List<Long> numbers) {
    return MetadataValue.Array.ofInts(numbers.stream().mapToInt(Math::toIntExact).toArray());
  }

  private static TensorRule block(String source, String target, Dimension... shape) {
    return TensorRule.of("transformer.layers.{layer}." + source, "blk.{layer}." + target, shape);
  }
}
