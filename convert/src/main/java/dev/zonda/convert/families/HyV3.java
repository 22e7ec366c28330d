package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HIDDEN;

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
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Hy3: Qwen 3's attention, experts chosen by a sigmoid and a bias beside a shared one on all
/// layers but the first, and a layer that predicts a further token.
final class HyV3 {
  private static final String TYPES = "mlp_layer_types";

  /// GGUF's number for it.
  private static final int SIGMOID = 2;

  private static final Announcement BIASES = Announcement.by("attention_bias", false);
  private static final Dimension EXPERTS = Dimension.of("num_experts");
  private static final Dimension EXPERT_FEED_FORWARD = Dimension.of("moe_intermediate_size");
  private static final Dimension SHARED =
      Dimension.of("num_shared_experts").times(EXPERT_FEED_FORWARD);

  /// What predicts further tokens has experts.
  private static final TensorRule.Layers EXPERT_LAYERS = (layer, sizes) -> !isDense(layer, sizes);

  /// llama.cpp's name of the bias has no ending.
  private static final List<TensorRule> SHARED_EXPERTS =
      List.of(
          block("mlp.shared_experts.gate_proj.weight", "ffn_gate_shexp.weight", SHARED, HIDDEN),
          block("mlp.shared_experts.up_proj.weight", "ffn_up_shexp.weight", SHARED, HIDDEN),
          block("mlp.shared_experts.down_proj.weight", "ffn_down_shexp.weight", HIDDEN, SHARED),
          block("mlp.e_score_correction_bias", "exp_probs_b", EXPERTS));

  /// What transformers' HYV3Config says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.ofEntries(
                  Map.entry("vocab_size", 120832),
                  Map.entry("hidden_size", 4096),
                  Map.entry("intermediate_size", 13312),
                  Map.entry("num_hidden_layers", 80),
                  Map.entry("num_attention_heads", 64),
                  Map.entry("max_position_embeddings", 131072),
                  Map.entry("rms_norm_eps", 1e-5),
                  Map.entry("rope_theta", 11158840.0),
                  Map.entry("num_experts", 192),
                  Map.entry("num_experts_per_tok", 8),
                  Map.entry("num_shared_experts", 1),
                  Map.entry("moe_intermediate_size", 1536),
                  Map.entry("router_scaling_factor", 2.826),
                  Map.entry("route_norm", true)))
          .keyHeads(8)
          .headLength(128);

  static final Family FAMILY =
      Family.builder("Hy3", "hy_v3")
          .models("Hy3", "Hy MT2 30B A3B")
          .defaults(DEFAULTS, "hy_v3")
          .aliases(Map.of("num_experts", List.of("num_local_experts")))
          .tensors(
              CommonTensors.FRAME,
              CommonTensors.attention(BIASES, BIASES),
              CommonTensors.HEAD_NORMS,
              TensorRule.on(
                  TensorRule.Layers.allBut(EXPERT_LAYERS), CommonTensors.FEED_FORWARD_NETWORK),
              TensorRule.on(EXPERT_LAYERS, Qwen2Moe.experts(EXPERTS, EXPERT_FEED_FORWARD)),
              TensorRule.on(EXPERT_LAYERS, SHARED_EXPERTS),
              Predictors.TENSORS)
          .rename(".mlp.router.gate.", ".mlp.gate.")
          .rename(".mlp.expert_bias", ".mlp.e_score_correction_bias")
          .rename(".mlp.shared_mlp.", ".mlp.shared_experts.")
          .predictors(new Predictors(Predictors.USUAL.count(), HyV3::numbered))
          .metadata(
              NetworkKeys.ALL,
              MetadataRule.size("expert_feed_forward_length", "moe_intermediate_size"),
              MetadataRule.computed("expert_shared_feed_forward_length", SHARED),
              HunYuanMoe::noGroups,
              HyV3::routing,
              Predictors.KEY,
              MetadataRule.implied("moe_router_use_sigmoid", true),
              MetadataRule.implied("moe_router_enable_expert_bias", true),
              MetadataRule.implied("qk_norm", true),
              MetadataRule.only("mlp_bias", false, "feed-forward networks have biases"),
              ActivationRule.SILU)
          .unusedFields(
              "enable_attention_fp32_softmax",
              "enable_lm_head_fp32",
              "enable_moe_fp32_combine",
              "eod_token_id",
              "expert_hidden_dim",
              "first_k_dense_replace",
              "use_grouped_mm")
          .build();

  private HyV3() {}

  /// Where the class finds no list, it makes the first layer a dense one.
  private static boolean isDense(int layer, ModelSizes sizes) throws FormatException {
    Optional<List<String>> types = sizes.config().fields().texts(TYPES);
    if (types.isPresent() && layer < types.get().size()) {
      return !types.get().get(layer).equals("sparse");
    }
    return layer == 0;
  }

  /// The norm behind the layer is that before the logits.
  private static String numbered(String name, int layers) {
    return name.replace(".final_layernorm.", ".shared_head.norm.");
  }

  /// transformers' class lets the weights add up to one, whatever config.json says.
  private static void routing(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    boolean isSaid = source.config().is("route_norm");
    metadata.putBool(source.key("expert_weights_norm"), isSaid || source.isCorrected());
    MetadataRule.implied("route_norm", true).write(source, metadata);
    MetadataRule.real("expert_weights_scale", "router_scaling_factor").write(source, metadata);
    metadata.putUint32(source.key("expert_gating_func"), SIGMOID);
  }
}
