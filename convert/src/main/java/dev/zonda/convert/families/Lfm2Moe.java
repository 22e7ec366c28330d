package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.FEED_FORWARD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;

import dev.zonda.convert.expression.Constant;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.FusedExperts;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.Target;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/// LFM2 with experts, which are chosen by sigmoids and biases, on all layers but the first ones.
final class Lfm2Moe {
  /// GGUF's number for it.
  private static final int SIGMOID = 2;

  private static final String BIAS = "use_expert_bias";
  private static final String NORMALIZED = "norm_topk_prob";
  private static final String SCALE = "routed_scaling_factor";
  private static final String DENSE_LAYERS = "num_dense_layers";

  private static final String TYPES = "layer_types";

  private static final Announcement BIASES = Announcement.by(BIAS, true);

  private static final Dimension EXPERTS = Dimension.of("num_experts");
  private static final Dimension INNER = Dimension.of("moe_intermediate_size");

  private static final TensorRule.Layers EXPERT_LAYERS =
      (layer, sizes) -> layer >= denseLayers(sizes);

  private static final List<TensorRule> EXPERT_NETWORK =
      List.of(
          block("feed_forward.gate.weight", "ffn_gate_inp.weight", EXPERTS, HIDDEN),
          block("feed_forward.expert_bias", "exp_probs_b.bias", EXPERTS).announced(BIASES),
          TensorRule.together(
                  block(
                      "feed_forward.experts.{expert}.w1.weight",
                      "ffn_gate_exps.weight",
                      EXPERTS,
                      INNER,
                      HIDDEN),
                  block(
                      "feed_forward.experts.{expert}.w2.weight",
                      "ffn_down_exps.weight",
                      EXPERTS,
                      HIDDEN,
                      INNER),
                  block(
                      "feed_forward.experts.{expert}.w3.weight",
                      "ffn_up_exps.weight",
                      EXPERTS,
                      INNER,
                      HIDDEN))
              .or(FusedExperts.of("feed_forward.experts.", EXPERTS, INNER)));

  /// What transformers' Lfm2MoeConfig says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 65536,
                  "hidden_size", 2048,
                  "intermediate_size", 7168,
                  "num_hidden_layers", 32,
                  "num_attention_heads", 32,
                  "max_position_embeddings", 128000,
                  "norm_eps", 1e-5,
                  "rope_theta", 1e6,
                  "tie_word_embeddings", true))
          .with(
              Map.of(
                  "conv_L_cache",
                  3,
                  "moe_intermediate_size",
                  1792,
                  DENSE_LAYERS,
                  2,
                  "num_experts",
                  32,
                  "num_experts_per_tok",
                  4,
                  SCALE,
                  1.0,
                  NORMALIZED,
                  true))
          .keyHeads(8);

  static final Family FAMILY =
      Family.builder("LFM2 MoE", "lfm2moe")
          .like(Lfm2.FAMILY)
          .models("LFM2 8B A1B, 24B A2B", "LFM2.5 8B A1B")
          .defaults(DEFAULTS, "lfm2_moe")
          .tensors(
              Lfm2.FRAME,
              Lfm2.CONVOLUTIONS,
              Lfm2.ATTENTION,
              TensorRule.on(TensorRule.Layers.allBut(EXPERT_LAYERS), Lfm2.network(FEED_FORWARD)),
              TensorRule.on(EXPERT_LAYERS, EXPERT_NETWORK))
          .metadata(
              Lfm2Moe::requireTypes,
              NetworkKeys.ALL,
              Lfm2.KEY_HEADS,
              MetadataRule.size("expert_feed_forward_length", "moe_intermediate_size"),
              MetadataRule.count("leading_dense_block_count", DENSE_LAYERS),
              (source, metadata) -> metadata.putUint32(source.key("expert_gating_func"), SIGMOID),
              MetadataRule.size("vocab_size", "vocab_size"),
              MetadataRule.size("shortconv.l_cache", "conv_L_cache"),
              Lfm2Moe::expertWeights,
              MetadataRule.implied("hidden_act", "silu"))
          .generated(Lfm2Moe::biases)
          .build();

  private Lfm2Moe() {}

  private static long denseLayers(ModelSizes sizes) throws FormatException {
    return sizes.config().optionalCount(List.of(DENSE_LAYERS)).orElse(0);
  }

  /// Its class has no other way to say them.
  private static void requireTypes(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    if (!source.config().fields().has(TYPES)) {
      throw source
          .config()
          .fields()
          .problem(TYPES, "is missing, expected full_attention or conv for each layer");
    }
  }

  /// llama.cpp always makes the weights of experts add up to one.
  private static void expertWeights(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    if (!source.isCorrected()) {
      return;
    }
    if (!source.config().is(NORMALIZED)) {
      source.noteUnwritten(NORMALIZED, false, true);
      source.unwritten().putBool(source.key("expert_weights_norm"), false);
    }
    double scale = source.config().optionalReal(List.of(SCALE)).orElse(1);
    if (scale <= 0) {
      throw source.config().fields().problem(SCALE, "is %s, expected more than 0".formatted(scale));
    }
    if (scale != 1) {
      source.noteUnwritten(SCALE, scale, 1);
      source.unwritten().putFloat32(source.key("expert_weights_scale"), (float) scale);
    }
  }

  /// llama.cpp does not load a file without biases: those of a network that has none are zeros.
  private static List<Target> biases(MetadataRule.Source source) throws FormatException {
    if (!source.isCorrected() || BIASES.isMade(source.config())) {
      return List.of();
    }
    int experts = source.sizes().size("num_experts");
    List<Target> all = new ArrayList<>();
    for (long layer = denseLayers(source.sizes()); layer < source.sizes().layers(); layer++) {
      all.add(
          Target.generated(
              "blk.%d.exp_probs_b.bias".formatted(layer),
              new Constant(Collections.nCopies(experts, 0f))));
    }
    source
        .notes()
        .add(
            "%s is false: biases of zeros are written, without which llama.cpp does not load the file"
                .formatted(BIAS));
    return all;
  }
}
