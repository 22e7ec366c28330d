package dev.zonda.convert.families;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.Leftover;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.RopeStyle;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Mellum 2: Qwen 3's network of experts, with layers that see only a window and have a base
/// frequency of their own.
final class Mellum {
  private static final String SWITCH = "use_sliding_window";

  private static final TensorRule.Layers EXPERT_LAYERS = Mellum::hasExperts;

  private static final List<Leftover> PREDICTORS =
      Stream.concat(
              CommonTensors.BUFFERS.stream(),
              Stream.of(Leftover.part("mtp.*", "layers that predict further tokens")))
          .toList();

  /// What transformers' MellumConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 98304,
                  "hidden_size", 2304,
                  "intermediate_size", 7168,
                  "num_hidden_layers", 28,
                  "num_attention_heads", 32,
                  "num_key_value_heads", 4,
                  "head_dim", 128,
                  "max_position_embeddings", 131072,
                  "rms_norm_eps", 1e-6,
                  "sliding_window", 1024))
          .with(
              Map.of(
                  "num_experts", 64,
                  "num_experts_per_tok", 8,
                  "moe_intermediate_size", 896,
                  "norm_topk_prob", true))
          .object("rope_parameters", Mellum::rope);

  static final Family FAMILY =
      Family.builder("Mellum", "mellum")
          .models("Mellum 2 12B A2.5B")
          .defaults(DEFAULTS, "mellum")
          .aliases(
              Map.of(
                  "num_experts", List.of("num_local_experts"),
                  "num_mtp_layers", List.of("num_nextn_predict_layers")))
          .tensors(
              CommonTensors.FRAME,
              Qwen3.ATTENTION,
              CommonTensors.HEAD_NORMS,
              TensorRule.on(
                  TensorRule.Layers.allBut(EXPERT_LAYERS), CommonTensors.FEED_FORWARD_NETWORK),
              TensorRule.on(EXPERT_LAYERS, Qwen2Moe.EXPERT_NETWORK))
          .leftovers(PREDICTORS)
          .metadata(
              NetworkKeys.ALL,
              MetadataRule.size("expert_feed_forward_length", "moe_intermediate_size"),
              Mellum::windows,
              Qwen2Moe.expertWeights(Qwen2Moe.Normalization.SUM),
              ActivationRule.SILU)
          .rope(RopeStyle.BY_LAYER_TYPE)
          .unusedFields(
              "num_mtp_layers",
              "num_nextn_predict_layers",
              "mtp_layer_types",
              "mtp_mlp_layer_types")
          .build();

  private Mellum() {}

  private static ObjectNode rope() {
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    ObjectNode parameters = nodes.objectNode();
    parameters.set(
        "full_attention", nodes.objectNode().put("rope_type", "default").put("rope_theta", 5e5));
    parameters.set(
        "sliding_attention", nodes.objectNode().put("rope_type", "default").put("rope_theta", 1e4));
    return parameters;
  }

  private static boolean hasExperts(int layer, ModelSizes sizes) throws FormatException {
    List<String> types = sizes.config().fields().texts("mlp_layer_types").orElse(List.of());
    return layer >= types.size() || types.get(layer).equals("sparse");
  }

  /// The class has no switch for windows; the reference has.
  private static void windows(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    OptionalLong window = source.config().optionalSize(List.of("sliding_window"));
    boolean isOff = source.config().fields().has(SWITCH) && !source.config().is(SWITCH);
    if (window.isEmpty() || (isOff && !source.isCorrected())) {
      return;
    }
    List<Boolean> isLocal = new ArrayList<>();
    List<String> types =
        source
            .config()
            .fields()
            .texts("layer_types")
            .orElseGet(() ->
                Stream.generate(() -> "full_attention").limit(source.sizes().layers()).toList());
    for (String type : types) {
      isLocal.add(
          switch (type) {
            case "sliding_attention" -> true;
            case "full_attention" -> false;
            default ->
                throw source
                    .config()
                    .fields()
                    .problem(
                        "layer_types",
                        "holds '%s', expected full_attention or sliding_attention".formatted(type));
          });
    }
    if (isLocal.size() != source.sizes().layers()) {
      throw source
          .config()
          .fields()
          .problem(
              "layer_types",
              "is for %d layers, but the model has %d"
                  .formatted(isLocal.size(), source.sizes().layers()));
    }
    metadata.putUint32(source.key("attention.sliding_window"), window.getAsLong());
    metadata.put(source.key("attention.sliding_window_pattern"), MetadataRule.flags(isLocal));
    if (isOff) {
      source
          .notes()
          .add(
              SWITCH
                  + " is false, which transformers does not read: layer_types count; llama.cpp's"
                  + " converter leaves all windows out (--as-reference)");
    }
  }
}
