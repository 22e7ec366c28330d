package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HEADS;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.KEYS;
import static dev.zonda.convert.rules.Dimension.KEY_HEADS;
import static dev.zonda.convert.rules.Dimension.QUERIES;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.Predictors;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.RopeStyle;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataType;
import dev.zonda.formats.MetadataValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// MiMo V2 Flash: layers with a window, sinks and more heads of keys, and some that see all; heads
/// of values that are shorter than those of keys, and scaled; experts on all layers but the first;
/// layers that predict further tokens.
final class MiMo2 {
  private static final Dimension EXPERTS = Dimension.of("n_routed_experts");
  private static final Dimension EXPERT_FEED_FORWARD = Dimension.of("moe_intermediate_size");
  private static final Dimension VALUE = Dimension.of("v_head_dim");
  private static final String WINDOWS = "hybrid_layer_pattern";
  private static final String EXPERT_LAYERS = "moe_layer_freq";

  /// How many layers of all published models predict further tokens.
  private static final int PREDICTORS = 3;

  private static final Announcement BIASES = Announcement.by("attention_bias", false);

  private static final List<TensorRule> ATTENTION =
      TensorRule.biased(
          BIASES,
          block("self_attn.q_proj.weight", "attn_q.weight", QUERIES, HIDDEN),
          block("self_attn.k_proj.weight", "attn_k.weight", KEYS, HIDDEN),
          block("self_attn.v_proj.weight", "attn_v.weight", KEY_HEADS.times(VALUE), HIDDEN));

  private static final List<TensorRule> OUTPUT =
      List.of(
          block("self_attn.o_proj.weight", "attn_output.weight", HIDDEN, HEADS.times(VALUE)),
          block("self_attn.attention_sink_bias", "attn_sinks.weight", HEADS)
              .or(block("self_attn.sinks", "attn_sinks.weight", HEADS))
              .optional());

  private static final TensorRule.Layers HAVE_EXPERTS = MiMo2::hasExperts;

  private static final List<TensorRule> EXPERT_NETWORK =
      List.of(
          block("mlp.gate.weight", "ffn_gate_inp.weight", EXPERTS, HIDDEN),
          block("mlp.gate.e_score_correction_bias", "exp_probs_b.bias", EXPERTS).optional(),
          Afmoe.experts(EXPERTS, EXPERT_FEED_FORWARD));

  private static final List<TensorRule> NORMS =
      List.of(
          block("input_layernorm.weight", "attn_norm.weight", HIDDEN),
          block("post_attention_layernorm.weight", "ffn_norm.weight", HIDDEN)
              .or(block("pre_mlp_layernorm.weight", "ffn_norm.weight", HIDDEN)));

  private static final List<TensorRule> PREDICTOR_NORM =
      List.of(
          block("final_layernorm.weight", "layer_output_norm.weight", HIDDEN)
              .on(Predictors.LAYERS));

  /// What transformers' MiMoV2FlashConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 152576,
                  "hidden_size", 4096,
                  "intermediate_size", 16384,
                  "num_hidden_layers", 48,
                  "num_attention_heads", 64,
                  "num_key_value_heads", 4,
                  "head_dim", 192,
                  "v_head_dim", 128,
                  "max_position_embeddings", 131072,
                  "rope_theta", 5e6))
          .with(
              Map.of(
                  "moe_intermediate_size", 2048,
                  "num_experts_per_tok", 8,
                  "n_routed_experts", 256,
                  "norm_topk_prob", true,
                  "sliding_window", 129,
                  "attention_value_scale", 0.707,
                  "partial_rotary_factor", 0.334));

  static final Family FAMILY =
      Family.builder("MiMo V2", "mimo2")
          .models("MiMo V2 Flash")
          .publishedDefaults(DEFAULTS, "mimo_v2_flash")
          .tensors(
              CommonTensors.EMBEDDINGS,
              NORMS,
              ATTENTION,
              OUTPUT,
              TensorRule.on(
                  TensorRule.Layers.allBut(HAVE_EXPERTS), CommonTensors.FEED_FORWARD_NETWORK),
              TensorRule.on(HAVE_EXPERTS, EXPERT_NETWORK),
              Predictors.TENSORS,
              PREDICTOR_NORM)
          .layerSizes(MiMo2::sizes)
          .predictors(new Predictors(config -> PREDICTORS, MiMo2::numbered))
          .rope(RopeStyle.PLAIN_WINDOWS)
          .metadata(
              NetworkKeys.ALL,
              MiMo2::windowBase,
              MiMo2::layers,
              MetadataRule.size("attention.value_length", "v_head_dim"),
              MetadataRule.size("expert_count", "n_routed_experts"),
              MetadataRule.size("expert_feed_forward_length", "moe_intermediate_size"),
              MiMo2::rotated,
              MiMo2::epsilon,
              MetadataRule.real("attention.value_scale", "attention_value_scale"),
              Predictors.KEY,
              MiMo2::requireAlike,
              MiMo2::keepWeights,
              MetadataRule.implied("scoring_func", "sigmoid"),
              MetadataRule.implied("topk_method", "noaux_tc"),
              ActivationRule.SILU)
          .unusedFields(
              "add_full_attention_sink_bias",
              "add_swa_attention_sink_bias",
              "hybrid_block_size",
              "hybrid_layer_pattern",
              "moe_layer_freq",
              "norm_topk_prob",
              "n_shared_experts",
              "attention_projection_layout",
              "attention_chunk_size")
          .build();

  private MiMo2() {}

  private static String numbered(String name, int layers) {
    String start = "model.mtp.layers.";
    if (!name.startsWith(start)) {
      return name;
    }
    int end = name.indexOf('.', start.length());
    String number = end < 0 ? "" : name.substring(start.length(), end);
    return number.matches("[0-9]{1,4}")
        ? "model.layers." + (layers + Integer.parseInt(number)) + name.substring(end)
        : name;
  }

  private static boolean isLocal(ModelConfig config, int layer, int layers) throws FormatException {
    if (layer >= layers) {
      return true;
    }
    JsonFields fields = config.fields();
    Optional<List<String>> types = fields.texts("layer_types");
    if (types.isPresent()) {
      return layer < types.get().size() && types.get().get(layer).equals("sliding_attention");
    }
    Optional<List<Long>> pattern = fields.integers(WINDOWS);
    if (pattern.isPresent()) {
      return layer < pattern.get().size() && pattern.get().get(layer) != 0;
    }
    return layer != 0 && (layer + 1) % 6 != 0;
  }

  private static int windowKeyHeads(ModelSizes sizes) throws FormatException {
    OptionalLong said = sizes.config().optionalSize(List.of("swa_num_key_value_heads"));
    return (int) said.orElse(2L * sizes.keyValueHeads());
  }

  private static ModelSizes sizes(ModelSizes sizes, int layer) throws FormatException {
    return isLocal(sizes.config(), layer, sizes.layers())
        ? sizes.withHeads(sizes.heads(), windowKeyHeads(sizes), sizes.headLength())
        : sizes;
  }

  private static boolean hasExperts(int layer, ModelSizes sizes) throws FormatException {
    if (layer >= sizes.layers()) {
      return false;
    }
    JsonFields fields = sizes.config().fields();
    Optional<List<String>> types = fields.texts("mlp_layer_types");
    if (types.isPresent()) {
      return layer < types.get().size() && types.get().get(layer).equals("sparse");
    }
    Optional<List<Long>> pattern = fields.integers(EXPERT_LAYERS);
    return pattern.isPresent()
        ? layer < pattern.get().size() && pattern.get().get(layer) != 0
        : layer > 0;
  }

  /// The base frequency that layers with a window have in all published models.
  private static void windowBase(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    String key = source.key("rope.freq_base_swa");
    if (source.isCorrected() && metadata.build().number(key).isEmpty()) {
      metadata.putFloat32(key, 10000);
    }
  }

  private static void layers(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    List<MetadataValue> heads = new ArrayList<>();
    List<MetadataValue> pattern = new ArrayList<>();
    ModelSizes sizes = source.sizes();
    for (int layer = 0; layer < sizes.countedLayers(); layer++) {
      boolean isLocal = isLocal(source.config(), layer, sizes.layers());
      int keyHeads = isLocal ? windowKeyHeads(sizes) : sizes.keyValueHeads();
      if (sizes.heads() % keyHeads != 0) {
        throw source
            .config()
            .fields()
            .problem(
                "swa_num_key_value_heads",
                "is %d, which does not divide num_attention_heads, %d"
                    .formatted(keyHeads, sizes.heads()));
      }
      heads.add(new MetadataValue.Int32(keyHeads));
      pattern.add(new MetadataValue.Int32(isLocal ? 1 : 0));
    }
    metadata.put(
        source.key("attention.head_count_kv"), new MetadataValue.Array(MetadataType.INT32, heads));
    metadata.putUint32(source.key("attention.sliding_window"), window(source));
    metadata.put(
        source.key("attention.sliding_window_pattern"),
        new MetadataValue.Array(MetadataType.INT32, pattern));
  }

  /// A query sees as many earlier tokens as `sliding_window_size` says, and itself.
  private static long window(MetadataRule.Source source) throws FormatException {
    long said = source.config().size("sliding_window");
    OptionalLong earlier = source.config().optionalSize(List.of("sliding_window_size"));
    if (!source.isCorrected() || earlier.isEmpty() || earlier.getAsLong() + 1 == said) {
      return said;
    }
    source
        .notes()
        .add(
            ("a window of %d tokens is written, sliding_window_size and the query's own; "
                    + "llama.cpp's converter writes sliding_window, %d (--as-reference)")
                .formatted(earlier.getAsLong() + 1, said));
    return earlier.getAsLong() + 1;
  }

  private static void rotated(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    double part = RopeParameters.of(source.config()).rotatedPart();
    metadata.putUint32(
        source.key("rope.dimension_count"), (long) (source.sizes().headLength() * part));
  }

  private static void epsilon(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    List<String> names =
        source.isCorrected()
            ? List.of("layernorm_epsilon", "rms_norm_eps")
            : List.of("layernorm_epsilon");
    double epsilon = source.config().optionalReal(names).orElse(1e-5);
    metadata.putFloat32(source.key("attention.layer_norm_rms_epsilon"), (float) epsilon);
  }

  /// GGUF has one length of heads for all layers.
  private static void requireAlike(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    for (var pair :
        Map.of(
                "swa_head_dim", "head_dim",
                "swa_v_head_dim", "v_head_dim",
                "swa_num_attention_heads", "num_attention_heads")
            .entrySet()) {
      OptionalLong said = source.config().optionalSize(List.of(pair.getKey()));
      int usual = source.sizes().size(pair.getValue());
      if (said.isPresent() && said.getAsLong() != usual) {
        throw source
            .config()
            .fields()
            .problem(
                pair.getKey(),
                "is %d, expected %s, %d".formatted(said.getAsLong(), pair.getValue(), usual));
      }
    }
  }

  /// llama.cpp divides the weights of experts by their sum and scales them by nothing.
  private static void keepWeights(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    if (!source.isCorrected()) {
      return;
    }
    if (!source.config().is("norm_topk_prob")) {
      source.noteUnwritten("norm_topk_prob", false, true);
      source.unwritten().putBool(source.key("expert_weights_norm"), false);
    }
    double scale = source.config().optionalReal(List.of("routed_scaling_factor")).orElse(1);
    if (scale != 1) {
      source.noteUnwritten("routed_scaling_factor", scale, 1);
      source.unwritten().putFloat32(source.key("expert_weights_scale"), (float) scale);
    }
  }
}
