package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;

import dev.zonda.convert.expression.Centered;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.Predictors;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;

/// Sarvam 30B: Ling 2 with whole heads rotated, a correction of experts' scores whose mean is taken
/// off, and a vocabulary of pieces like Gemma's.
final class Sarvam {
  private static final List<TensorRule> CORRECTION =
      List.of(
          block("mlp.gate.expert_bias", "exp_probs_b.bias", Dimension.of("num_experts"))
              .with((source, sizes) -> new Centered(source))
              .optional());

  /// What transformers' SarvamMoEConfig says. The reference takes config.json as it stands: the
  /// class renames fields that it wants.
  private static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 262144,
                  "hidden_size", 4096,
                  "intermediate_size", 8192,
                  "num_hidden_layers", 19,
                  "num_attention_heads", 64,
                  "rms_norm_eps", 1e-6,
                  "max_position_embeddings", 131072,
                  "rope_theta", 8000000.0,
                  "use_qk_norm", true))
          .with(
              Map.of(
                  "num_experts", 128,
                  "num_shared_experts", 1,
                  "num_experts_per_tok", 6,
                  "n_group", 1,
                  "topk_group", 1,
                  "moe_intermediate_size", 1024,
                  "first_k_dense_replace", 1,
                  "routed_scaling_factor", 2.5,
                  "norm_topk_prob", true))
          .headLength(64)
          .keyHeads(4);

  static final Family FAMILY =
      Family.builder("Sarvam MoE", "bailingmoe2")
          .like(Ling2.FAMILY)
          .models("Sarvam 30B")
          .publishedDefaults(DEFAULTS, "sarvam_moe")
          .aliases(
              Map.of(
                  "num_experts", List.of("n_routed_experts", "num_local_experts"),
                  "num_shared_experts", List.of("n_shared_experts"),
                  "use_qkv_bias", List.of("attention_bias"),
                  "num_nextn_predict_layers", List.of("num_mtp_layers")))
          .tensors(Ling2.tensors(CORRECTION))
          .metadata(
              NetworkKeys.ALL,
              Sarvam::rotated,
              Ling::denseLayers,
              MetadataRule.size("vocab_size", "vocab_size"),
              MetadataRule.size("expert_feed_forward_length", "moe_intermediate_size"),
              Ling2::sharedLength,
              MetadataRule.real("expert_weights_scale", "routed_scaling_factor"),
              Ling::sharedExperts,
              (source, metadata) ->
                  metadata.putBool(
                      source.key("expert_weights_norm"), source.config().is("norm_topk_prob")),
              Predictors.KEY_OR_ZERO,
              Ling2::gating,
              ActivationRule.SILU)
          .vocabulary(VocabularyForm.SARVAM)
          .build();

  private Sarvam() {}

  /// The reference takes all of a head, whatever config.json says.
  private static void rotated(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    int head = source.sizes().headLength();
    double part = RopeParameters.of(source.config()).rotatedPart();
    String key = source.key("rope.dimension_count");
    metadata.putUint32(key, source.isCorrected() ? (long) (head * part) : head);
    if (source.isCorrected() && part != 1) {
      source
          .notes()
          .add(
              "partial_rotary_factor is %s: %s is %d; llama.cpp's converter writes %d (--as-reference)"
                  .formatted(part, key, (long) (head * part), head));
    }
  }
}
