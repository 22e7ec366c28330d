package dev.zonda.convert.families;

import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.WindowRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;

/// dots.llm1: Qwen 3's attention with DeepSeek V3's experts.
final class Dots1 {
  /// GGUF's number for it.
  private static final int SIGMOID = 2;

  /// What transformers' Dots1Config says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.ofEntries(
                  Map.entry("vocab_size", 152064),
                  Map.entry("hidden_size", 4608),
                  Map.entry("intermediate_size", 10944),
                  Map.entry("moe_intermediate_size", 1408),
                  Map.entry("num_hidden_layers", 62),
                  Map.entry("num_attention_heads", 32),
                  Map.entry("n_group", 1),
                  Map.entry("topk_group", 1),
                  Map.entry("first_k_dense_replace", 0),
                  Map.entry("norm_topk_prob", false),
                  Map.entry("max_position_embeddings", 2048),
                  Map.entry("rms_norm_eps", 1e-6),
                  Map.entry("rope_theta", 10000.0),
                  Map.entry("routed_scaling_factor", 1.0),
                  Map.entry("sliding_window", 4096),
                  Map.entry("max_window_layers", 62)))
          .keyHeads(32);

  static final Family FAMILY =
      Family.builder("dots.llm1", "dots1")
          .models("dots.llm1 142B A14B")
          .defaults(DEFAULTS, "dots1")
          .aliases(Map.of("n_routed_experts", List.of("num_local_experts")))
          .tensors(
              CommonTensors.FRAME,
              Qwen3.ATTENTION,
              CommonTensors.HEAD_NORMS,
              DeepSeek.onDenseLayers(CommonTensors.FEED_FORWARD_NETWORK),
              DeepSeek.onExpertLayers(Glm4Moe.EXPERT_NETWORK),
              DeepSeek.onExpertLayers(DeepSeek.SHARED_EXPERTS),
              DeepSeek.onExpertLayers(Glm4Moe.CORRECTION))
          .metadata(
              NetworkKeys.ALL,
              MetadataRule.size("expert_feed_forward_length", "moe_intermediate_size"),
              MetadataRule.count("leading_dense_block_count", "first_k_dense_replace"),
              MetadataRule.count("expert_shared_count", "n_shared_experts"),
              MetadataRule.real("expert_weights_scale", "routed_scaling_factor"),
              (source, metadata) ->
                  metadata.putBool(
                      source.key("expert_weights_norm"), source.config().is("norm_topk_prob")),
              Dots1::gatingFunction,
              WindowRule.unwrittenByTypes(Dots1::isLocal),
              ActivationRule.SILU,
              MetadataRule.implied("moe_layer_freq", 1),
              MetadataRule.implied("topk_method", "noaux_tc"))
          // Windows are on the layers that the other fields say, switched on or not.
          .unusedFields("use_sliding_window")
          .build();

  private Dots1() {}

  /// The class has no other, whatever config.json says; the reference writes what that says.
  private static void gatingFunction(MetadataRule.Source source, Metadata.Builder metadata) {
    if (source.isCorrected()) {
      metadata.putUint32(source.key("expert_gating_func"), SIGMOID);
    }
  }

  private static boolean isLocal(int layer, ModelConfig config) throws FormatException {
    long first = config.optionalCount(List.of("max_window_layers")).orElse(0);
    return config.optionalSize(List.of("sliding_window")).isPresent() && layer >= first;
  }
}
