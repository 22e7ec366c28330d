package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HIDDEN;

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
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.RopeStyle;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.WindowRule;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataType;
import dev.zonda.formats.MetadataValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Laguna: attention whose result each token gates, with more heads and another rotary embedding on
/// layers with a window; small experts next to a shared one on all layers but the first ones.
final class Laguna {
  private static final Dimension EXPERTS = Dimension.of("num_experts");
  private static final Dimension EXPERT_FEED_FORWARD = Dimension.of("moe_intermediate_size");
  private static final Dimension SHARED = Dimension.of("shared_expert_intermediate_size");
  private static final String HEADS = "num_attention_heads_per_layer";
  private static final String GATING = "gating";

  /// GGUF's number for it.
  private static final int SIGMOID = 2;

  private static final Dimension GATE =
      new Dimension(
          "factors of attention, as gating says",
          sizes ->
              gatesFeatures(sizes.config())
                  ? (long) sizes.heads() * sizes.headLength()
                  : sizes.heads());

  private static final Announcement BIASES = Announcement.by("attention_bias", false);

  private static final TensorRule.Layers EXPERT_LAYERS =
      (layer, sizes) -> hasExperts(layer, sizes.config());

  private static final List<TensorRule> EXPERT_NETWORK =
      List.of(
          block("mlp.gate.weight", "ffn_gate_inp.weight", EXPERTS, HIDDEN),
          block("mlp.experts.e_score_correction_bias", "exp_probs_b.bias", EXPERTS)
              .or(block("mlp.gate.e_score_correction_bias", "exp_probs_b.bias", EXPERTS)),
          Afmoe.experts(EXPERTS, EXPERT_FEED_FORWARD),
          shared("gate_proj", "gate", SHARED, HIDDEN),
          shared("up_proj", "up", SHARED, HIDDEN),
          shared("down_proj", "down", HIDDEN, SHARED));

  /// llama.cpp begins with a layer that sees all, and has three with a window then.
  private static final WindowRule WINDOWS =
      WindowRule.written((layer, config) -> false, (layer, config) -> layer % 4 != 0);

  /// What transformers' LagunaConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 100352,
                  "hidden_size", 2048,
                  "intermediate_size", 8192,
                  "num_hidden_layers", 40,
                  "num_attention_heads", 48,
                  "num_key_value_heads", 8,
                  "head_dim", 128,
                  "max_position_embeddings", 131072,
                  "rms_norm_eps", 1e-6,
                  "sliding_window", 512))
          .with(
              Map.of(
                  "moe_intermediate_size", 512,
                  "shared_expert_intermediate_size", 512,
                  "num_experts", 256,
                  "num_experts_per_tok", 8,
                  "moe_routed_scaling_factor", 1.0))
          .object("rope_parameters", Laguna::rotary);

  static final Family FAMILY =
      Family.builder("Laguna", "laguna")
          .models("Laguna XS, S, M")
          .defaults(DEFAULTS, "laguna")
          .tensors(
              CommonTensors.FRAME,
              CommonTensors.attention(BIASES, BIASES),
              List.of(block("self_attn.g_proj.weight", "attn_gate.weight", GATE, HIDDEN)),
              CommonTensors.HEAD_NORMS,
              TensorRule.on(
                  TensorRule.Layers.allBut(EXPERT_LAYERS), CommonTensors.FEED_FORWARD_NETWORK),
              TensorRule.on(EXPERT_LAYERS, EXPERT_NETWORK))
          .rename(".mlp.shared_expert.", ".mlp.shared_experts.")
          .layerSizes((sizes, layer) ->
              sizes
                  .at(layer)
                  .withHeads(heads(sizes).get(layer), sizes.keyValueHeads(), sizes.headLength()))
          .rope(RopeStyle.PLAIN_WINDOWS)
          .metadata(
              NetworkKeys.ALL,
              MetadataRule.size("vocab_size", "vocab_size"),
              Laguna::headCounts,
              Laguna::window,
              MetadataRule.size("expert_feed_forward_length", "moe_intermediate_size"),
              MetadataRule.size(
                  "expert_shared_feed_forward_length", "shared_expert_intermediate_size"),
              (source, metadata) -> metadata.putBool(source.key("expert_weights_norm"), true),
              MetadataRule.real("expert_weights_scale", "moe_routed_scaling_factor"),
              (source, metadata) -> metadata.putUint32(source.key("expert_gating_func"), SIGMOID),
              Laguna::denseLayers,
              Laguna::rotated,
              Laguna::pattern,
              Laguna::requireKnown,
              ActivationRule.SILU)
          .vocabulary(VocabularyForm.LAGUNA)
          .unusedFields(
              "norm_topk_prob",
              "mlp_only_layers",
              "decoder_sparse_step",
              "moe_router_use_sigmoid",
              "qkv_bias",
              "gating_types",
              "partial_rotary_factor")
          .build();

  private Laguna() {}

  private static ObjectNode rotary() {
    ObjectNode both = JsonNodeFactory.instance.objectNode();
    both.putObject("full_attention")
        .put("rope_type", "default")
        .put("rope_theta", 500000.0)
        .put("partial_rotary_factor", 0.5);
    both.putObject("sliding_attention")
        .put("rope_type", "default")
        .put("rope_theta", 10000.0)
        .put("partial_rotary_factor", 1.0);
    return both;
  }

  private static TensorRule shared(String source, String target, Dimension... shape) {
    return block(
        "mlp.shared_experts." + source + ".weight", "ffn_" + target + "_shexp.weight", shape);
  }

  private static boolean gatesFeatures(ModelConfig config) throws FormatException {
    JsonFields fields = config.fields();
    boolean isText = fields.get(GATING).filter(node -> node.isString()).isPresent();
    String kind =
        isText
            ? fields.text(GATING).orElseThrow()
            : fields.bool(GATING).orElse(true) ? "per-head" : "per-element";
    return switch (kind) {
      case "per-head" -> false;
      case "per-element" -> true;
      default ->
          throw fields.problem(GATING, "is '" + kind + "', expected per-head or per-element");
    };
  }

  private static boolean hasExperts(int layer, ModelConfig config) throws FormatException {
    Optional<List<String>> types = config.fields().texts("mlp_layer_types");
    if (types.isEmpty()) {
      return layer > 0;
    }
    return layer < types.get().size() && types.get().get(layer).equals("sparse");
  }

  private static List<Integer> heads(ModelSizes sizes) throws FormatException {
    JsonFields config = sizes.config().fields();
    List<Integer> heads = new ArrayList<>();
    Optional<List<Long>> said = config.integers(HEADS).filter(list -> !list.isEmpty());
    if (said.isPresent() && said.get().size() != sizes.layers()) {
      throw config.problem(
          HEADS, "is for %d layers, expected %d".formatted(said.get().size(), sizes.layers()));
    }
    for (int layer = 0; layer < sizes.layers(); layer++) {
      long count = said.isPresent() ? said.get().get(layer) : sizes.heads();
      if (count < 1 || count > Short.MAX_VALUE || count % sizes.keyValueHeads() != 0) {
        throw config.problem(
            HEADS,
            "holds %d, expected a multiple of num_key_value_heads, %d"
                .formatted(count, sizes.keyValueHeads()));
      }
      heads.add((int) count);
    }
    return heads;
  }

  private static void headCounts(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    List<MetadataValue> counts = new ArrayList<>();
    heads(source.sizes()).forEach(count -> counts.add(new MetadataValue.Int32(count)));
    metadata.put(
        source.key("attention.head_count"), new MetadataValue.Array(MetadataType.INT32, counts));
  }

  private static void window(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    long window = source.config().optionalCount(List.of("sliding_window")).orElse(0);
    if (window > 0) {
      metadata.putUint32(source.key("attention.sliding_window"), window);
    }
  }

  /// Without windows, llama.cpp reads no pattern.
  private static void pattern(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    boolean hasWindow = source.config().optionalCount(List.of("sliding_window")).orElse(0) > 0;
    if (hasWindow || WINDOWS.layers(source).contains(true)) {
      WINDOWS.write(source, metadata);
    }
  }

  private static void denseLayers(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    ModelConfig config = source.config();
    int layers = source.sizes().layers();
    int dense = 0;
    while (dense < layers && !hasExperts(dense, config)) {
      dense++;
    }
    metadata.putUint32(source.key("leading_dense_block_count"), dense);
    for (int layer = dense; layer < layers && source.isCorrected(); layer++) {
      if (!hasExperts(layer, config)) {
        source
            .notes()
            .add(
                ("mlp_layer_types has no experts on layer %d, behind layers with them: "
                        + "llama.cpp will not load the file")
                    .formatted(layer));
      }
    }
  }

  private static void rotated(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    RopeParameters rope = RopeParameters.of(source.config());
    int head = source.sizes().headLength();
    metadata.putUint32(source.key("rope.dimension_count"), (long) (head * rope.rotatedPart()));
    if (rope.sliding().isPresent()) {
      double part = rope.sliding().get().real("partial_rotary_factor").orElse(1);
      metadata.putUint32(source.key("rope.dimension_count_swa"), (long) (head * part));
    }
  }

  private static void requireKnown(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    JsonFields config = source.config().fields();
    boolean isCapped = config.real("moe_router_logit_softcapping").orElse(0) > 0;
    if (source.isCorrected() && isCapped) {
      throw config.problem(
          "moe_router_logit_softcapping",
          "is set: scores of experts are capped, which can neither be written nor evaluated");
    }
    MetadataRule.only(
            "moe_apply_router_weight_on_input", false, "experts are weighted before they compute")
        .write(source, metadata);
  }
}
