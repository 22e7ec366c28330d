package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HIDDEN;

import dev.zonda.convert.config.ModelConfig;
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
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.WindowRule;
import dev.zonda.formats.FormatException;
import java.util.List;
import java.util.Map;

/// Qwen 1.5 and 2 with experts, one of which every token goes through.
final class Qwen2Moe {
  private static final Dimension EXPERTS = Dimension.of("num_experts");
  private static final Dimension EXPERT_FEED_FORWARD = Dimension.of("moe_intermediate_size");
  private static final Dimension SHARED = Dimension.of("shared_expert_intermediate_size");
  private static final Dimension ONE = new Dimension("1", sizes -> 1);

  private static final TensorRule.Layers EXPERT_LAYERS = Qwen2Moe::hasExperts;

  /// A router and experts; in the file the experts of a layer are one tensor.
  static final List<TensorRule> EXPERT_NETWORK = experts(EXPERTS, EXPERT_FEED_FORWARD);

  /// The same where all experts of a layer may be stored together with inputs before outputs.
  static final List<TensorRule> EXPERTS_IN_EITHER_ORDER =
      experts(
          EXPERTS,
          EXPERT_FEED_FORWARD,
          FusedExperts.inEitherOrder("mlp.experts.", EXPERTS, EXPERT_FEED_FORWARD));

  /// The usual order of those that llama.cpp's converter takes for the other one.
  static final List<TensorRule> MISREAD_EXPERTS =
      experts(
          EXPERTS,
          EXPERT_FEED_FORWARD,
          FusedExperts.misread("mlp.experts.", EXPERTS, EXPERT_FEED_FORWARD));

  static final List<TensorRule> SHARED_EXPERT =
      List.of(
          block("mlp.shared_expert.gate_proj.weight", "ffn_gate_shexp.weight", SHARED, HIDDEN),
          block("mlp.shared_expert.up_proj.weight", "ffn_up_shexp.weight", SHARED, HIDDEN),
          block("mlp.shared_expert.down_proj.weight", "ffn_down_shexp.weight", HIDDEN, SHARED),
          block("mlp.shared_expert_gate.weight", "ffn_gate_inp_shexp.weight", ONE, HIDDEN));

  /// Keys after those that most families have.
  static final MetadataRule EXPERT_KEYS =
      MetadataRule.sequence(
          MetadataRule.size("expert_feed_forward_length", "moe_intermediate_size"),
          MetadataRule.size(
              "expert_shared_feed_forward_length", "shared_expert_intermediate_size"));

  /// Every other one of the first layers.
  private static final WindowRule WINDOWS =
      WindowRule.unwritten((layer, config) ->
          layer % 2 == 0 && layer < config.optionalCount(List.of("max_window_layers")).orElse(28));

  /// What transformers' Qwen2MoeConfig says.
  private static final Defaults DEFAULTS =
      Qwen2.COMMON
          .with(
              Map.of(
                  "hidden_size", 2048,
                  "intermediate_size", 5632,
                  "num_hidden_layers", 24,
                  "num_attention_heads", 16,
                  "num_experts", 60,
                  "num_experts_per_tok", 4,
                  "moe_intermediate_size", 1408,
                  "shared_expert_intermediate_size", 5632))
          .keyHeads(16);

  static final Family FAMILY =
      Family.builder("Qwen 2 MoE", "qwen2moe")
          .models("Qwen 1.5 MoE A2.7B", "Qwen 2 57B A14B")
          .defaults(DEFAULTS, "qwen2_moe")
          .tensors(
              CommonTensors.FRAME,
              CommonTensors.attention(Announcement.by("qkv_bias", true), Announcement.NEVER),
              onDenseLayers(CommonTensors.FEED_FORWARD_NETWORK),
              onExpertLayers(EXPERT_NETWORK),
              onExpertLayers(SHARED_EXPERT))
          .metadata(
              NetworkKeys.ALL,
              EXPERT_KEYS,
              WINDOWS,
              expertWeights(Normalization.NONE),
              ActivationRule.SILU)
          .unusedFields("attention_bias")
          .build();

  private Qwen2Moe() {}

  static List<TensorRule> onDenseLayers(List<TensorRule> rules) {
    return TensorRule.on(TensorRule.Layers.allBut(EXPERT_LAYERS), rules);
  }

  static List<TensorRule> onExpertLayers(List<TensorRule> rules) {
    return TensorRule.on(EXPERT_LAYERS, rules);
  }

  /// True for all layers of published models; llama.cpp knows no others.
  static boolean hasExperts(int layer, ModelSizes sizes) throws FormatException {
    ModelConfig config = sizes.config();
    List<Long> dense = config.fields().integers("mlp_only_layers").orElse(List.of());
    long step = config.optionalSize(List.of("decoder_sparse_step")).orElse(1);
    return !dense.contains((long) layer) && (layer + 1) % step == 0;
  }

  /// A router and experts under the names of Qwen and DeepSeek.
  static List<TensorRule> experts(Dimension count, Dimension feedForward) {
    return experts(count, feedForward, FusedExperts.of("mlp.experts.", count, feedForward));
  }

  private static List<TensorRule> experts(
      Dimension count, Dimension feedForward, TensorRule stored) {
    return List.of(
        block("mlp.gate.weight", "ffn_gate_inp.weight", count, HIDDEN),
        TensorRule.together(
                block(
                    "mlp.experts.{expert}.down_proj.weight",
                    "ffn_down_exps.weight",
                    count,
                    HIDDEN,
                    feedForward),
                block(
                    "mlp.experts.{expert}.gate_proj.weight",
                    "ffn_gate_exps.weight",
                    count,
                    feedForward,
                    HIDDEN),
                block(
                    "mlp.experts.{expert}.up_proj.weight",
                    "ffn_up_exps.weight",
                    count,
                    feedForward,
                    HIDDEN))
            .or(stored));
  }

  /// Whether the weights of the experts that a token goes through add up to one.
  enum Normalization {
    NONE,
    SUM
  }

  /// Writes it where a model differs from all published ones of its family; llama.cpp's converter
  /// never does.
  ///
  /// @param usual what llama.cpp takes for granted
  static MetadataRule expertWeights(Normalization usual) {
    return (source, metadata) -> {
      boolean isNormalized = source.config().is("norm_topk_prob");
      if (source.isCorrected() && isNormalized != (usual == Normalization.SUM)) {
        String key = source.key("expert_weights_norm");
        metadata.putBool(key, isNormalized);
        source
            .notes()
            .add(
                ("norm_topk_prob %s is written as %s; llama.cpp's converter drops it "
                        + "(--as-reference)")
                    .formatted(isNormalized, key));
      }
    };
  }
}
