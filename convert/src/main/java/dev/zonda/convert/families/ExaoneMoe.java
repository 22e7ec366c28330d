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
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// EXAONE with experts (K-EXAONE): the attention of EXAONE 4 with norms before both parts of a
/// layer, experts chosen as in DeepSeek V3, and a layer that predicts a further token.
final class ExaoneMoe {
  private static final String TYPES = "mlp_layer_types";
  private static final String DENSE = "first_k_dense_replace";

  /// GGUF's number for it.
  private static final int SIGMOID = 2;

  private static final Dimension EXPERTS = Dimension.of("num_experts");
  private static final Dimension EXPERT_FEED_FORWARD = Dimension.of("moe_intermediate_size");
  private static final Dimension SHARED_FEED_FORWARD =
      Dimension.of("num_shared_experts").times(EXPERT_FEED_FORWARD);

  /// What predicts further tokens has no experts.
  private static final TensorRule.Layers EXPERT_LAYERS =
      (layer, sizes) -> layer < sizes.layers() && !isDense(layer, sizes);

  private static final List<TensorRule> SHARED_EXPERTS =
      List.of(
          block(
              "mlp.shared_experts.gate_proj.weight",
              "ffn_gate_shexp.weight",
              SHARED_FEED_FORWARD,
              HIDDEN),
          block(
              "mlp.shared_experts.up_proj.weight",
              "ffn_up_shexp.weight",
              SHARED_FEED_FORWARD,
              HIDDEN),
          block(
              "mlp.shared_experts.down_proj.weight",
              "ffn_down_shexp.weight",
              HIDDEN,
              SHARED_FEED_FORWARD),
          block("mlp.e_score_correction_bias", "exp_probs_b.bias", EXPERTS));

  private static final Defaults DEFAULTS =
      Exaone4.DEFAULTS.with(
          Map.of(
              DENSE,
              1,
              "moe_intermediate_size",
              1024,
              "num_experts",
              64,
              "num_experts_per_tok",
              8,
              "num_shared_experts",
              1,
              "norm_topk_prob",
              true,
              "routed_scaling_factor",
              2.5,
              "n_group",
              1,
              "topk_group",
              1));

  static final Family FAMILY =
      Family.builder("EXAONE MoE", "exaone-moe")
          .models("K-EXAONE 236B A23B")
          // What transformers' ExaoneMoeConfig says.
          .defaults(DEFAULTS, "exaone_moe")
          .tensors(
              CommonTensors.FRAME,
              CommonTensors.attention(Announcement.NEVER, Announcement.NEVER),
              CommonTensors.HEAD_NORMS,
              TensorRule.on(
                  TensorRule.Layers.allBut(EXPERT_LAYERS), CommonTensors.FEED_FORWARD_NETWORK),
              TensorRule.on(EXPERT_LAYERS, Qwen2Moe.experts(EXPERTS, EXPERT_FEED_FORWARD)),
              TensorRule.on(EXPERT_LAYERS, SHARED_EXPERTS),
              Predictors.TENSORS)
          .rename(".mlp.gate.e_score_correction_bias", ".mlp.e_score_correction_bias")
          .predictors(new Predictors(Predictors.USUAL.count(), ExaoneMoe::numbered))
          .metadata(
              NetworkKeys.ALL,
              MetadataRule.size("vocab_size", "vocab_size"),
              Exaone4::windows,
              MetadataRule.size("expert_feed_forward_length", "moe_intermediate_size"),
              MetadataRule.size("expert_shared_count", "num_shared_experts"),
              MetadataRule.computed("expert_shared_feed_forward_length", SHARED_FEED_FORWARD),
              MetadataRule.real("expert_weights_scale", "routed_scaling_factor"),
              (source, metadata) ->
                  metadata.putBool(
                      source.key("expert_weights_norm"), source.config().is("norm_topk_prob")),
              MetadataRule.count("leading_dense_block_count", DENSE),
              (source, metadata) ->
                  metadata.putUint32(
                      source.key("nextn_predict_layers"), source.sizes().predictors().counted()),
              ExaoneMoe::scaling,
              ExaoneMoe::gating,
              ExaoneMoe::requireDenseFirst,
              ActivationRule.SILU)
          .generated(Exaone4::factors)
          .unusedFields("mtp_share_layers", "mtp_loss_coef")
          .build();

  private ExaoneMoe() {}

  /// Their tensors are numbered apart, and what all of them share has no number.
  static String numbered(String name, int layers) {
    String layer = "model.layers." + layers + ".";
    if (name.startsWith("mtp.layers.")) {
      String rest = name.substring("mtp.layers.".length());
      int dot = rest.indexOf('.');
      String number = dot < 0 ? "" : rest.substring(0, dot);
      return number.matches("[0-9]{1,4}")
          ? "model.layers." + (layers + Integer.parseInt(number)) + rest.substring(dot)
          : name;
    }
    return name.replace("mtp.fc.", layer + "eh_proj.")
        .replace("mtp.pre_fc_norm_embedding.", layer + "enorm.")
        .replace("mtp.pre_fc_norm_hidden.", layer + "hnorm.")
        .replace("mtp.norm.", layer + "shared_head.norm.");
  }

  private static boolean isDense(int layer, ModelSizes sizes) throws FormatException {
    Optional<List<String>> types = sizes.config().fields().texts(TYPES);
    if (types.isPresent() && layer < types.get().size()) {
      return types.get().get(layer).equals("dense");
    }
    return layer < sizes.config().optionalCount(List.of(DENSE)).orElse(0);
  }

  /// The key cannot say that layers without experts follow those with them.
  private static void requireDenseFirst(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    if (!source.isCorrected()) {
      return;
    }
    int layers = source.sizes().layers();
    int dense = 0;
    while (dense < layers && isDense(dense, source.sizes())) {
      dense++;
    }
    for (int layer = dense; layer < layers; layer++) {
      if (isDense(layer, source.sizes())) {
        throw source
            .config()
            .fields()
            .problem(
                TYPES,
                "has a dense layer %d behind sparse ones, which can neither be written nor evaluated"
                    .formatted(layer));
      }
    }
    metadata.putUint32(source.key("leading_dense_block_count"), dense);
  }

  /// The reference says that there is no scaling, whatever it has written before.
  private static void scaling(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    boolean isScaled = metadata.build().text(source.key("rope.scaling.type")).isPresent();
    if (!source.isCorrected() || !isScaled) {
      metadata.putText(source.key("rope.scaling.type"), "none");
    } else {
      source.noteDropped(
          "rope_type", RopeParameters.of(source.config()).type(), "rope.scaling.type");
    }
  }

  /// llama.cpp does not load a file without this key.
  private static void gating(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    MetadataRule.implied("scoring_func", "sigmoid").write(source, metadata);
    MetadataRule.implied("topk_method", "noaux_tc").write(source, metadata);
    String key = source.key("expert_gating_func");
    if (source.isCorrected() && metadata.build().integer(key).orElse(0) != SIGMOID) {
      metadata.putUint32(key, SIGMOID);
      source.noteDropped("the scoring function", "sigmoid", "expert_gating_func");
    }
  }
}
