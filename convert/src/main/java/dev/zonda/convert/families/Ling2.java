package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HEAD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.QUERIES_KEYS_VALUES;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.Predictors;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Stream;

/// Ling and Ring 2: as before, with norms of queries and keys, a rotary embedding of half a head,
/// and experts that are scored by sigmoids and chosen from some of their groups.
final class Ling2 {
  private static final Announcement HEADS_ARE_NORMED = Announcement.by("use_qk_norm", true);

  private static final List<TensorRule> ATTENTION =
      TensorRule.biased(
          Announcement.by("use_qkv_bias", false),
          block(
              "attention.query_key_value.weight", "attn_qkv.weight", QUERIES_KEYS_VALUES, HIDDEN));

  private static final List<TensorRule> HEAD_NORMS =
      List.of(
          block("attention.query_layernorm.weight", "attn_q_norm.weight", HEAD)
              .optional()
              .announced(HEADS_ARE_NORMED),
          block("attention.key_layernorm.weight", "attn_k_norm.weight", HEAD)
              .optional()
              .announced(HEADS_ARE_NORMED));

  private static final List<TensorRule> OUTPUT =
      TensorRule.biased(
          Announcement.by("use_bias", false),
          block("attention.dense.weight", "attn_output.weight", HIDDEN, Dimension.QUERIES));

  private static final List<TensorRule> CORRECTION =
      List.of(
          block("mlp.gate.expert_bias", "exp_probs_b.bias", Dimension.of("num_experts"))
              .optional());

  private static final List<TensorRule> PREDICTOR_NORM =
      List.of(
          block("final_layernorm.weight", "layer_output_norm.weight", HIDDEN)
              .on(Predictors.LAYERS));

  /// What the published BailingMoeV2Config says.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 157184,
                  "hidden_size", 2048,
                  "intermediate_size", 5120,
                  "num_hidden_layers", 20,
                  "num_attention_heads", 16,
                  "rms_norm_eps", 1e-6,
                  "max_position_embeddings", 32768,
                  "rope_theta", 600000.0,
                  "use_qk_norm", true))
          .with(
              Map.of(
                  "num_experts", 256,
                  "num_shared_experts", 1,
                  "num_experts_per_tok", 8,
                  "n_group", 8,
                  "topk_group", 4,
                  "moe_intermediate_size", 512,
                  "first_k_dense_replace", 1,
                  "routed_scaling_factor", 1.0))
          .headLength(128)
          .keyHeads(4);

  static final Family FAMILY =
      Family.builder("Ling 2", "bailingmoe2")
          .models("Ling Mini, Flash, 1T 2.0", "Ring Mini, Flash, 1T 2.0")
          .publishedDefaults(DEFAULTS, "bailing_moe", "bailing_moe_v2")
          .tensors(tensors(CORRECTION))
          .predictors(Predictors.USUAL)
          .metadata(
              NetworkKeys.ALL,
              Ling2::rotated,
              Ling::denseLayers,
              MetadataRule.size("vocab_size", "vocab_size"),
              MetadataRule.size("expert_feed_forward_length", "moe_intermediate_size"),
              Ling2::sharedLength,
              MetadataRule.real("expert_weights_scale", "routed_scaling_factor"),
              Ling::sharedExperts,
              Ling2::expertWeights,
              Predictors.KEY_OR_ZERO,
              Ling2::gating,
              ActivationRule.SILU)
          .unusedFields(
              "use_rmsnorm",
              "output_dropout",
              "router_dtype",
              "moe_router_enable_expert_bias",
              "max_window_layers",
              "mtp_loss_scaling_factor")
          .build();

  /// GGUF's number for it.
  private static final int SIGMOID = 2;

  private Ling2() {}

  /// All tensors.
  ///
  /// @param correction what is added to scores before experts are chosen
  static List<TensorRule> tensors(List<TensorRule> correction) {
    return Stream.of(
            Ling.FRAME,
            ATTENTION,
            HEAD_NORMS,
            OUTPUT,
            Ling.NETWORKS.get(0),
            Ling.NETWORKS.get(1),
            correction,
            Ling.NETWORKS.get(2),
            Predictors.TENSORS,
            PREDICTOR_NORM)
        .flatMap(List::stream)
        .toList();
  }

  /// llama.cpp's converter takes half of a head where config.json is silent, the published code all
  /// of it.
  private static void rotated(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    RopeParameters rope = RopeParameters.of(source.config());
    OptionalDouble said = rope.real("partial_rotary_factor");
    OptionalDouble top = source.config().optionalReal(List.of("partial_rotary_factor"));
    boolean isSilent = said.isEmpty() && top.isEmpty();
    double part = isSilent && !source.isCorrected() ? 0.5 : rope.rotatedPart();
    if (isSilent && source.isCorrected()) {
      source
          .notes()
          .add(
              "no partial_rotary_factor: whole heads are rotated, as the published code does;"
                  + " llama.cpp's converter takes half of them (--as-reference)");
    }
    metadata.putUint32(
        source.key("rope.dimension_count"), (long) (source.sizes().headLength() * part));
  }

  /// llama.cpp reads the length of one shared expert; its converter writes that of all where
  /// config.json is silent.
  static void sharedLength(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    long one = source.sizes().size("moe_intermediate_size");
    long all = Math.multiplyExact(one, Ling.sharedExperts(source.sizes()));
    OptionalLong said =
        source.config().optionalSize(List.of("moe_shared_expert_intermediate_size"));
    long ofReference = said.orElse(all);
    String key = "expert_shared_feed_forward_length";
    metadata.putUint32(source.key(key), source.isCorrected() ? one : ofReference);
    if (source.isCorrected() && one != ofReference) {
      source
          .notes()
          .add(
              ("%s %d is written, the length of one of the shared experts; "
                      + "llama.cpp's converter writes %d (--as-reference)")
                  .formatted(key, one, ofReference));
    }
  }

  /// The published code divides the weights of several experts by their sum, whatever config.json
  /// says.
  private static void expertWeights(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    boolean isSaid = source.config().fields().bool("norm_topk_prob").orElse(true);
    boolean isRight = source.config().optionalSize(List.of("num_experts_per_tok")).orElse(8) > 1;
    metadata.putBool(source.key("expert_weights_norm"), source.isCorrected() ? isRight : isSaid);
    if (source.isCorrected() && isSaid != isRight) {
      source
          .notes()
          .add(
              ("expert_weights_norm is %s, as the published code computes; "
                      + "llama.cpp's converter writes %s (--as-reference)")
                  .formatted(isRight, isSaid));
    }
  }

  /// The network has these scores, whatever config.json says.
  static void gating(MetadataRule.Source source, Metadata.Builder metadata) throws FormatException {
    MetadataRule.implied("score_function", "sigmoid").write(source, metadata);
    String key = source.key("expert_gating_func");
    if (source.isCorrected() && metadata.build().integer(key).orElse(0) != SIGMOID) {
      metadata.putUint32(key, SIGMOID);
      source.noteDropped("score_function", "sigmoid", "expert_gating_func");
    }
  }
}
