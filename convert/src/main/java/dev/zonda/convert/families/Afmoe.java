package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.QUERIES;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.FusedExperts;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.RotatedLayers;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.WindowRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/// AFMoE, the network of Trinity: attention whose result each token gates, with a window and rotary
/// positions or with neither; norms before and after each part; small experts next to shared ones.
final class Afmoe {
  private static final Dimension EXPERTS = Dimension.of("num_experts");
  private static final Dimension EXPERT_FEED_FORWARD = Dimension.of("moe_intermediate_size");
  private static final Dimension SHARED =
      new Dimension(
          "num_shared_experts * moe_intermediate_size",
          sizes ->
              Math.multiplyExact(
                  (long) sizes.size("num_shared_experts"), sizes.size("moe_intermediate_size")));

  private static final Announcement BIASES = Announcement.by("attention_bias", false);

  private static final TensorRule.Layers EXPERT_LAYERS =
      (layer, sizes) -> layer >= denseLayers(sizes);

  private static final List<TensorRule> NORMS =
      List.of(
          block("input_layernorm.weight", "attn_norm.weight", HIDDEN),
          block("post_attention_layernorm.weight", "post_attention_norm.weight", HIDDEN),
          block("pre_mlp_layernorm.weight", "ffn_norm.weight", HIDDEN),
          block("post_mlp_layernorm.weight", "post_ffw_norm.weight", HIDDEN));

  private static final List<TensorRule> GATE =
      List.of(block("self_attn.gate_proj.weight", "attn_gate.weight", QUERIES, HIDDEN));

  private static final List<TensorRule> EXPERT_NETWORK =
      List.of(
          block("mlp.router.gate.weight", "ffn_gate_inp.weight", EXPERTS, HIDDEN),
          block("mlp.expert_bias", "exp_probs_b.bias", EXPERTS),
          experts(EXPERTS, EXPERT_FEED_FORWARD),
          shared("gate_proj", "gate", SHARED, HIDDEN),
          shared("up_proj", "up", SHARED, HIDDEN),
          shared("down_proj", "down", HIDDEN, SHARED));

  private static final String STEP = "global_attn_every_n_layers";

  private static final WindowRule WINDOWS =
      WindowRule.written(
          (layer, config) -> (layer + 1) % config.size(STEP) != 0,
          (layer, config) -> (layer + 1) % RotatedLayers.USUAL_STEP != 0);

  /// What transformers' AfmoeConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 200192,
                  "hidden_size", 2048,
                  "intermediate_size", 6144,
                  "moe_intermediate_size", 1408,
                  "num_hidden_layers", 32,
                  "num_attention_heads", 16,
                  "head_dim", 128,
                  "max_position_embeddings", 16384,
                  "rms_norm_eps", 1e-5,
                  "rope_theta", 10000.0))
          .with(
              Map.of(
                  "num_dense_layers",
                  1,
                  "num_experts",
                  64,
                  "num_experts_per_tok",
                  6,
                  "num_shared_experts",
                  2,
                  "route_scale",
                  1.0,
                  STEP,
                  RotatedLayers.USUAL_STEP,
                  "sliding_window",
                  1024))
          .asManyKeyHeadsAsQueries();

  static final Family FAMILY =
      Family.builder("AFMoE", "afmoe")
          .models("Trinity Nano, Mini, Large")
          .defaults(DEFAULTS, "afmoe")
          .tensors(
              CommonTensors.EMBEDDINGS,
              NORMS,
              CommonTensors.attention(BIASES, BIASES),
              GATE,
              CommonTensors.HEAD_NORMS,
              TensorRule.on(
                  TensorRule.Layers.allBut(EXPERT_LAYERS), CommonTensors.FEED_FORWARD_NETWORK),
              TensorRule.on(EXPERT_LAYERS, EXPERT_NETWORK))
          .metadata(
              NetworkKeys.SIZES,
              Llama.OUTPUT,
              MetadataRule.count("expert_shared_count", "num_shared_experts"),
              MetadataRule.size("expert_feed_forward_length", "moe_intermediate_size"),
              MetadataRule.count("leading_dense_block_count", "num_dense_layers"),
              Afmoe::expertWeights,
              MetadataRule.real("expert_weights_scale", "route_scale"),
              MetadataRule.size("attention.sliding_window", "sliding_window"),
              WINDOWS,
              Afmoe::keepRotation,
              Afmoe::keepScale,
              Afmoe::dropGroups,
              MetadataRule.implied("score_func", "sigmoid"),
              ActivationRule.SILU)
          .unusedFields(
              "load_balance_coeff",
              "num_expert_groups",
              "num_limited_groups",
              "use_grouped_mm",
              STEP)
          .build();

  private Afmoe() {}

  /// Experts, whose gates come first in the file.
  static TensorRule experts(Dimension count, Dimension feedForward) {
    return TensorRule.together(
            expert("gate", count, feedForward, HIDDEN),
            expert("up", count, feedForward, HIDDEN),
            expert("down", count, HIDDEN, feedForward))
        .or(FusedExperts.of("mlp.experts.", count, feedForward));
  }

  private static TensorRule expert(String name, Dimension... shape) {
    return block(
        "mlp.experts.{expert}." + name + "_proj.weight", "ffn_" + name + "_exps.weight", shape);
  }

  private static TensorRule shared(String source, String target, Dimension... shape) {
    return block(
        "mlp.shared_experts." + source + ".weight", "ffn_" + target + "_shexp.weight", shape);
  }

  private static long denseLayers(ModelSizes sizes) throws FormatException {
    return sizes.config().optionalCount(List.of("num_dense_layers")).orElse(0);
  }

  /// The network divides them by their sum, whatever config.json says.
  private static void expertWeights(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    MetadataRule.implied("route_norm", true).write(source, metadata);
    String key = "expert_weights_norm";
    boolean isSaid = source.config().is("route_norm");
    if (source.isCorrected()) {
      metadata.putBool(source.key(key), true);
      if (!isSaid) {
        source.noteDropped("what the network does with the weights of experts", true, key);
      }
    } else if (source.config().fields().has("route_norm")) {
      metadata.putBool(source.key(key), isSaid);
    }
  }

  /// Layers with a window have rotary positions, the others have none. llama.cpp has that on every
  /// fourth layer, whatever a file says.
  private static void keepRotation(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    if (!source.isCorrected()) {
      return;
    }
    List<Boolean> isLocal = WINDOWS.layers(source);
    if (!isLocal.equals(
        RotatedLayers.allButEvery(RotatedLayers.USUAL_STEP, source.sizes().layers()))) {
      source.noteUnwritten(
          "layers with rotary positions",
          MetadataRule.layersWith(isLocal),
          "what published models have");
      source.unwritten().put(source.key("rope.layers"), MetadataRule.flags(isLocal));
    }
  }

  /// llama.cpp multiplies embeddings by the root of their length.
  private static void keepScale(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    if (source.isCorrected() && !source.config().is("mup_enabled")) {
      source.noteUnwritten("mup_enabled", false, "embeddings times the root of their length");
      source.unwritten().putFloat32(source.key("embedding_scale"), 1);
    }
  }

  /// The network knows no groups of experts.
  private static void dropGroups(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    OptionalLong groups = source.config().optionalSize(List.of("n_group"));
    if (source.isCorrected() && groups.orElse(1) > 1) {
      metadata.remove(source.key("expert_group_count"));
      metadata.remove(source.key("expert_group_used_count"));
      source
          .notes()
          .add(
              ("n_group is %d, which this family's network does not read: "
                      + "no groups of experts are written; "
                      + "llama.cpp's converter writes them (--as-reference)")
                  .formatted(groups.getAsLong()));
    }
  }
}
