package dev.zonda.convert.families;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.Predictors;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.WindowRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/// North Mini Code: Cohere 2 with experts on all layers but the first ones, which have positions
/// though they see the whole text, and RMS norms.
final class Cohere2Moe {
  private static final String FIRST = "first_k_dense_replace";
  private static final String KINDS = "mlp_layer_types";
  private static final String DENSE = "dense";
  private static final String DENSE_LENGTH = "prefix_dense_intermediate_size";
  private static final String STEP = "sliding_window_pattern";
  private static final String FIRST_STEP = "prefix_dense_sliding_window_pattern";
  private static final String SHARED = "num_shared_experts";
  private static final String STRATEGY = "shared_expert_combination_strategy";
  private static final String GATE = "expert_selection_fn";

  private static final Dimension EXPERTS = Dimension.of("num_experts");
  private static final Dimension EXPERT_FEED_FORWARD = Dimension.of("intermediate_size");
  private static final Dimension SHARED_FEED_FORWARD =
      new Dimension("num_shared_experts * intermediate_size", Cohere2Moe::sharedLength);
  private static final Dimension DENSE_FEED_FORWARD =
      new Dimension(DENSE_LENGTH, Cohere2Moe::denseLength);

  private static final TensorRule.Layers EXPERT_LAYERS =
      (layer, sizes) -> layer >= denseLayers(sizes.config());

  private static final TensorRule.Layers SHARING_LAYERS =
      (layer, sizes) -> layer >= denseLayers(sizes.config()) && sharedExperts(sizes.config()) > 0;

  private static final List<TensorRule> FEED_FORWARD =
      List.of(
          gated("mlp.", "ffn_gate", "gate_proj", DENSE_FEED_FORWARD, Dimension.HIDDEN),
          gated("mlp.", "ffn_up", "up_proj", DENSE_FEED_FORWARD, Dimension.HIDDEN),
          gated("mlp.", "ffn_down", "down_proj", Dimension.HIDDEN, DENSE_FEED_FORWARD));

  private static final List<TensorRule> SHARED_EXPERTS =
      List.of(
          shared("ffn_gate_shexp", "gate_proj", SHARED_FEED_FORWARD, Dimension.HIDDEN),
          shared("ffn_up_shexp", "up_proj", SHARED_FEED_FORWARD, Dimension.HIDDEN),
          shared("ffn_down_shexp", "down_proj", Dimension.HIDDEN, SHARED_FEED_FORWARD));

  private static final WindowRule WINDOWS = WindowRule.written(Cohere2Moe::isLocal);

  /// What transformers' Cohere2MoeConfig says.
  private static final Defaults DEFAULTS =
      CommandR.COMMON
          .with(
              Map.of(
                  "head_dim",
                  128,
                  "rope_theta",
                  10000.0,
                  "sliding_window",
                  4096,
                  STEP,
                  4,
                  FIRST_STEP,
                  1,
                  "num_experts_per_tok",
                  2,
                  "num_experts",
                  8,
                  SHARED,
                  0))
          .with(Map.of(STRATEGY, "average", GATE, "softmax", "norm_topk_prob", true));

  static final Family FAMILY =
      Family.builder("Cohere 2 MoE", "cohere2moe")
          .models("North Mini Code 1.0")
          .defaults(DEFAULTS, "cohere2_moe")
          .tensors(
              CommonTensors.EMBEDDINGS,
              CommandR.NORM,
              Cohere2.attention(),
              TensorRule.on(TensorRule.Layers.allBut(EXPERT_LAYERS), FEED_FORWARD),
              TensorRule.on(EXPERT_LAYERS, Qwen2Moe.experts(EXPERTS, EXPERT_FEED_FORWARD)),
              TensorRule.on(SHARING_LAYERS, SHARED_EXPERTS),
              Predictors.TENSORS)
          .predictors(Predictors.USUAL)
          .metadata(
              NetworkKeys.ALL,
              Cohere2Moe::denseLength,
              NetworkKeys.scale("logit_scale", "logit_scale"),
              MetadataRule.size("attention.sliding_window", "sliding_window"),
              (source, metadata) ->
                  metadata.put(
                      source.key("attention.sliding_window_pattern"),
                      MetadataRule.flags(WINDOWS.layers(source))),
              MetadataRule.size("vocab_size", "vocab_size"),
              MetadataRule.size("expert_feed_forward_length", "intermediate_size"),
              Cohere2Moe::denseLayers,
              Cohere2Moe::expertWeights,
              Cohere2Moe::sharedExperts,
              Predictors.KEY,
              MetadataRule.size("rope.dimension_count", "head_dim"),
              Cohere2Moe::scaling,
              Cohere2Moe::rotatedLayers,
              ActivationRule.SILU,
              MetadataRule.implied("use_qk_norm", false),
              MetadataRule.implied("use_parallel_block", true),
              MetadataRule.implied("use_gated_activation", true),
              MetadataRule.implied("rotary_pct", 1.0),
              MetadataRule.implied("position_embedding_type", "rope_gptj"))
          // Patterns count only where layer_types does not stand.
          .unusedFields(
              STEP,
              FIRST_STEP,
              FIRST,
              "cache_implementation",
              "layer_switch",
              "order_of_interleaved_layers",
              "use_embedding_sharing",
              "use_parallel_embedding")
          .build();

  private Cohere2Moe() {}

  private static TensorRule gated(String place, String target, String source, Dimension... shape) {
    return CommonTensors.block(place + source + ".weight", target + ".weight", shape);
  }

  private static TensorRule shared(String target, String source, Dimension... shape) {
    return gated("mlp.shared_experts.", target, source, shape);
  }

  private static long sharedExperts(ModelConfig config) throws FormatException {
    return config.optionalCount(List.of(SHARED)).orElse(0);
  }

  private static long sharedLength(ModelSizes sizes) throws FormatException {
    return Math.multiplyExact(sharedExperts(sizes.config()), sizes.size("intermediate_size"));
  }

  private static long denseLength(ModelSizes sizes) throws FormatException {
    OptionalLong said = sizes.config().optionalSize(List.of(DENSE_LENGTH));
    return said.isPresent() ? said.getAsLong() : sizes.size("intermediate_size");
  }

  /// The reference writes no length where the field is missing, though that of experts counts.
  private static void denseLength(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    if (source.config().optionalSize(List.of(DENSE_LENGTH)).isPresent()) {
      return;
    }
    String key = source.key("feed_forward_length");
    if (!source.isCorrected()) {
      metadata.remove(key);
    } else if (denseLayers(source.config()) > 0) {
      source
          .notes()
          .add(
              "%s is intermediate_size; llama.cpp's converter leaves it out (--as-reference)"
                  .formatted(key));
    }
  }

  /// How many of the first layers have no experts.
  private static int denseLayers(ModelConfig config) throws FormatException {
    JsonFields fields = config.fields();
    Optional<List<String>> said = fields.texts(KINDS);
    if (said.isEmpty()) {
      return (int) config.optionalCount(List.of(FIRST)).orElse(0);
    }
    List<String> kinds = said.get();
    int dense = 0;
    while (dense < kinds.size() && kinds.get(dense).equals(DENSE)) {
      dense++;
    }
    if (kinds.subList(dense, kinds.size()).contains(DENSE)) {
      throw fields.problem(
          KINDS, "has a dense layer behind one with experts, which GGUF has no key for");
    }
    return dense;
  }

  private static void denseLayers(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    metadata.putUint32(source.key("leading_dense_block_count"), denseLayers(source.config()));
  }

  /// The first layers count by themselves.
  private static boolean isLocal(int layer, ModelConfig config) throws FormatException {
    int first = (int) config.optionalCount(List.of(FIRST)).orElse(0);
    return layer < first
        ? (layer + 1) % config.size(FIRST_STEP) != 0
        : (layer - first + 1) % config.size(STEP) != 0;
  }

  /// Softmax over the chosen experts is one over all with weights that add up to one.
  private static void expertWeights(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    boolean isSaid = source.config().is("norm_topk_prob");
    boolean isSoftmax = source.config().text(GATE).equals(Optional.of("softmax"));
    boolean isNormalized = isSaid || (isSoftmax && source.isCorrected());
    metadata.putBool(source.key("expert_weights_norm"), isNormalized);
    if (isSaid != isNormalized) {
      source
          .notes()
          .add(
              "expert_weights_norm is true, since softmax is over the chosen experts; llama.cpp's"
                  + " converter writes false (--as-reference)");
    }
  }

  /// The class has this field and does not read it: what it says may be meant or not.
  private static void scaling(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    JsonFields fields = source.config().fields();
    if (fields.has("rope_scaling")) {
      throw fields.problem(
          "rope_scaling",
          "is not read by transformers' class of this family: say it in rope_parameters, or remove it");
    }
    CommandR.scaling(source, metadata);
  }

  /// llama.cpp takes the average of what they and the others give.
  private static void sharedExperts(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    long count = sharedExperts(source.config());
    String strategy = source.config().text(STRATEGY).orElse("average");
    if (count == 0) {
      return;
    }
    switch (strategy) {
      case "average" -> {
        // As llama.cpp does.
      }
      case "sum" -> keepSum(source);
      default -> throw source.config().fields().problem(STRATEGY, "is neither average nor sum");
    }
    metadata.putUint32(source.key("expert_shared_count"), count);
    metadata.putUint32(
        source.key("expert_shared_feed_forward_length"), sharedLength(source.sizes()));
  }

  private static void keepSum(MetadataRule.Source source) throws FormatException {
    if (!source.isCorrected()) {
      throw source
          .config()
          .fields()
          .problem(
              STRATEGY, "is sum, on which llama.cpp's converter fails: leave out --as-reference");
    }
    source.noteUnwritten(STRATEGY, "sum", "their average");
    source.unwritten().putBool(source.key("expert_shared_sum"), true);
  }

  /// llama.cpp has positions on all of the first layers, the class only if none of them has to have
  /// a window, and on those that have one.
  private static void rotatedLayers(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    OptionalDouble step = source.config().optionalReal(List.of(FIRST_STEP));
    if (!source.isCorrected() || step.orElse(1) == 1) {
      return;
    }
    List<Boolean> isLocal = WINDOWS.layers(source);
    int dense = denseLayers(source.config());
    List<Boolean> taken = new ArrayList<>(isLocal);
    for (int layer = 0; layer < Math.min(dense, taken.size()); layer++) {
      taken.set(layer, true);
    }
    if (!taken.equals(isLocal)) {
      source.noteUnwritten(
          "layers with positions",
          MetadataRule.layersWith(isLocal),
          "positions on " + MetadataRule.layersWith(taken));
      source.unwritten().put(source.key("rope.layers"), MetadataRule.flags(isLocal));
    }
  }
}
