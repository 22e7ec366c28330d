package dev.zonda.convert.families;

import static dev.zonda.convert.rules.Dimension.FEED_FORWARD;
import static dev.zonda.convert.rules.Dimension.HEAD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.QUERIES;
import static dev.zonda.convert.rules.Dimension.QUERIES_KEYS_VALUES;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.expression.Shift;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.Transform;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.TensorType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// PLaMo 3: norms before and after each part of a layer, stored as their difference from a number
/// each, and a sliding window on all layers but every n-th.
final class Plamo3 {
  private static final String WINDOWS = "interleaved_sliding_window";
  private static final String PATTERN = "attention.sliding_window_pattern";

  /// Norms of a layer. GGUF's names of the two behind its parts are without an end.
  static final List<TensorRule> NORMS =
      List.of(
          block("pre_mixer_norm.weight", "attn_norm.weight", HIDDEN).with(Transform.PLUS_ONE),
          block("post_mixer_norm.weight", "post_attention_norm", HIDDEN).with(plus(1.0 / 5)),
          block("pre_mlp_norm.weight", "ffn_norm.weight", HIDDEN).with(Transform.PLUS_ONE),
          block("post_mlp_norm.weight", "post_ffw_norm", HIDDEN).with(plus(1 / Math.pow(5, 1.5))));

  private static final List<TensorRule> TENSORS =
      List.of(
          TensorRule.of("model.embed_tokens.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("model.norm.weight", "output_norm.weight", HIDDEN).with(Transform.PLUS_ONE),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN).optional(),
          block("mixer.qkv_proj.weight", "attn_qkv.weight", QUERIES_KEYS_VALUES, HIDDEN),
          block("mixer.o_proj.weight", "attn_output.weight", HIDDEN, QUERIES),
          block("mixer.q_norm.weight", "attn_q_norm.weight", HEAD).with(Transform.PLUS_ONE),
          block("mixer.k_norm.weight", "attn_k_norm.weight", HEAD).with(Transform.PLUS_ONE),
          block("mlp.gate_up_proj.weight", "ffn_up.weight", FEED_FORWARD.times(2), HIDDEN),
          block("mlp.down_proj.weight", "ffn_down.weight", HIDDEN, FEED_FORWARD));

  /// What the Plamo3Config that is published with the models says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 32000,
                  "hidden_size", 4096,
                  "intermediate_size", 13312,
                  "num_hidden_layers", 32,
                  "num_attention_heads", 32,
                  "num_key_value_heads", 4,
                  "head_dim", 128,
                  "max_position_embeddings", 2048,
                  "rms_norm_eps", 1e-6,
                  "tie_word_embeddings", true))
          .with(
              Map.of(
                  "rope_theta",
                  150000.0,
                  "rope_local_base_freq",
                  10000.0,
                  "window_size",
                  128,
                  "sliding_window_pattern",
                  8));

  static final Family FAMILY =
      Family.builder("PLaMo 3", "plamo3")
          .models("PLaMo 3 2B to 31B")
          .aliases(
              Map.of(
                  "rope_local_base_freq", List.of("rope_local_theta"),
                  "rope_theta", List.of("rope_global_theta"),
                  "window_size", List.of("sliding_window")))
          .publishedDefaults(DEFAULTS, "plamo3")
          .tensors(TENSORS, NORMS)
          .metadata(
              (source, metadata) -> NetworkKeys.ALL.write(scaled(source), metadata),
              MetadataRule.size("vocab_size", "vocab_size"),
              Plamo3::windows,
              MetadataRule.only("scale_embedding", false, "scaled embeddings"))
          .vocabulary(VocabularyForm.PLAMO)
          .unusedFields(
              "eval_attention_n_bit",
              "eval_mlp_n_bit",
              "fp8_accum_dtype",
              "linear_type",
              "use_predefined_initial_state",
              "tokenizer_class")
          .build();

  private Plamo3() {}

  private static TensorRule block(String source, String target, Dimension... shape) {
    return TensorRule.of("model.layers.layers.{layer}." + source, "blk.{layer}." + target, shape);
  }

  /// With numbers in half precision, the reference rounds the summand, too.
  private static Transform plus(double summand) {
    float half = Float.float16ToFloat(Float.floatToFloat16((float) summand));
    return (source, sizes) -> {
      boolean isHalf = source.type() == TensorType.F16 && sizes.fidelity() == Fidelity.AS_REFERENCE;
      return new Shift(source, isHalf ? half : (float) summand);
    };
  }

  private static void windows(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    OptionalLong window = source.config().optionalSize(List.of("window_size"));
    if (window.isEmpty()) {
      return;
    }
    long step = source.config().size("sliding_window_pattern");
    metadata.putUint32(source.key("attention.sliding_window"), window.getAsLong());
    metadata.putUint32(source.key(PATTERN), step);
    Optional<JsonNode> said = source.config().fields().get(WINDOWS);
    if (source.isCorrected() && said.isPresent()) {
      requirePattern(source, said.get(), window.getAsLong(), step);
    }
  }

  /// The network follows the pattern; some files have the list that it leads to.
  private static void requirePattern(
      MetadataRule.Source source, JsonNode windows, long window, long step) throws FormatException {
    for (int layer = 0; layer < source.sizes().layers(); layer++) {
      JsonNode ofLayer = windows.path(layer);
      boolean isLocal = (layer + 1) % step != 0;
      boolean fits =
          isLocal ? ofLayer.isIntegralNumber() && ofLayer.longValue() == window : ofLayer.isNull();
      if (!fits) {
        throw source
            .config()
            .fields()
            .problem(
                WINDOWS,
                "contradicts window_size %d and sliding_window_pattern %d in layer %d"
                    .formatted(window, step, layer));
      }
    }
  }

  /// The base and the scaling of layers without a window; those with one are never scaled.
  private static MetadataRule.Source scaled(MetadataRule.Source source) throws FormatException {
    ModelConfig config = source.config();
    double factor = config.optionalReal(List.of("rope_scaling_factor")).orElse(1);
    long length = config.optionalSize(List.of("initial_context_length")).orElse(0);
    if (factor == 1) {
      return source;
    }
    if (length == 0) {
      throw config
          .fields()
          .problem("initial_context_length", "is missing, but rope_scaling_factor needs it");
    }
    ObjectNode yarn =
        JsonNodeFactory.instance
            .objectNode()
            .put("rope_type", "yarn")
            .put("factor", factor)
            .put("original_max_position_embeddings", length)
            .put("beta_fast", 32.0)
            .put("beta_slow", 1.0)
            .put("truncate", false);
    Map<String, Object> defaults = new HashMap<>(config.defaults());
    defaults.put("rope_parameters", yarn);
    return new MetadataRule.Source(
        source.family(),
        new ModelConfig(config.fields(), defaults, config.aliases()),
        source.sizes(),
        source.fileType(),
        source.fidelity(),
        source.notes(),
        source.unwritten());
  }
}
