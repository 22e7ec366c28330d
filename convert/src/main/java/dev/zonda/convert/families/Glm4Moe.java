package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.Predictors;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.VisionTower;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;

/// GLM 4.5 to 4.7: experts chosen as in DeepSeek V3, half of each head rotated, heads normed in the
/// larger models, and a layer that predicts a further token. Of GLM 4.5V only the text part.
final class Glm4Moe {
  private static final String PART = "partial_rotary_factor";

  /// GGUF's number for it.
  private static final int SIGMOID = 2;

  private static final List<TensorRule> HEAD_NORMS =
      CommonTensors.HEAD_NORMS.stream()
          .map(rule -> rule.announced(Announcement.by("use_qk_norm", false)))
          .toList();

  static final List<TensorRule> EXPERT_NETWORK =
      Qwen2Moe.experts(DeepSeek.EXPERTS, Dimension.of("moe_intermediate_size"));

  static final List<TensorRule> CORRECTION =
      List.of(block("mlp.gate.e_score_correction_bias", "exp_probs_b.bias", DeepSeek.EXPERTS));

  /// How experts are chosen and weighted.
  static final MetadataRule ROUTING =
      MetadataRule.sequence(
          (source, metadata) -> metadata.putUint32(source.key("expert_gating_func"), SIGMOID),
          MetadataRule.real("expert_weights_scale", "routed_scaling_factor"),
          (source, metadata) ->
              metadata.putBool(
                  source.key("expert_weights_norm"), source.config().is("norm_topk_prob")));

  /// Keys after those that most families have.
  static final MetadataRule KEYS =
      MetadataRule.sequence(
          Glm4Moe::rotated,
          MetadataRule.size("expert_feed_forward_length", "moe_intermediate_size"),
          MetadataRule.count("expert_shared_count", "n_shared_experts"),
          MetadataRule.count("leading_dense_block_count", "first_k_dense_replace"),
          ROUTING,
          Predictors.KEY_OR_ZERO,
          ActivationRule.SILU);

  /// What transformers' Glm4MoeConfig and Glm4vMoeTextConfig share.
  private static final Defaults COMMON =
      Defaults.of(
              Map.of(
                  "vocab_size",
                  151552,
                  "hidden_size",
                  4096,
                  "intermediate_size",
                  10944,
                  "num_hidden_layers",
                  46,
                  "num_attention_heads",
                  96,
                  "max_position_embeddings",
                  131072,
                  "rms_norm_eps",
                  1e-5,
                  "rope_theta",
                  10000.0,
                  PART,
                  0.5))
          .with(
              Map.of(
                  "moe_intermediate_size", 1408,
                  "num_experts_per_tok", 8,
                  "n_shared_experts", 1,
                  "n_routed_experts", 128,
                  "routed_scaling_factor", 1.0,
                  "n_group", 1,
                  "topk_group", 1,
                  "first_k_dense_replace", 1,
                  "norm_topk_prob", true))
          .keyHeads(8);

  /// What transformers' Glm4MoeConfig says.
  static final Defaults DEFAULTS = COMMON.with("num_nextn_predict_layers", 1);

  static final Family FAMILY =
      Family.builder("GLM 4.5", "glm4moe")
          .models("GLM 4.5, 4.5 Air", "GLM 4.6", "GLM 4.7")
          .defaults(DEFAULTS, "glm4_moe")
          .aliases(
              Map.of(
                  "n_routed_experts", List.of("num_local_experts"),
                  "num_nextn_predict_layers", List.of("num_mtp_layers")))
          .tensors(
              CommonTensors.EMBEDDINGS,
              CommonTensors.norms("attn_norm", "post_attention_norm"),
              CommonTensors.attention(Announcement.by("attention_bias", false), Announcement.NEVER),
              HEAD_NORMS,
              DeepSeek.onDenseLayers(CommonTensors.FEED_FORWARD_NETWORK),
              DeepSeek.onExpertLayers(EXPERT_NETWORK),
              DeepSeek.onExpertLayers(DeepSeek.SHARED_EXPERTS),
              DeepSeek.onExpertLayers(CORRECTION),
              Predictors.TENSORS)
          .predictors(Predictors.USUAL)
          .metadata(NetworkKeys.ALL, KEYS)
          .vocabulary(VocabularyForm.GLM_4_5)
          .build();

  /// Its text model's class norms no heads, whatever config.json says.
  static final Family WITH_IMAGES =
      Family.builder("GLM 4.5V", "glm4moe")
          .like(FAMILY)
          .models("GLM 4.5V, 4.6V (text part)")
          .defaults(
              COMMON.with(
                  Map.of(
                      "vocab_size", 151424,
                      "max_position_embeddings", 65536,
                      "attention_bias", true)),
              "glm4v_moe_text",
              "glm4v_moe")
          .tensors(
              CommonTensors.EMBEDDINGS,
              CommonTensors.norms("attn_norm", "post_attention_norm"),
              CommonTensors.attention(Announcement.by("attention_bias", true), Announcement.NEVER),
              DeepSeek.onDenseLayers(CommonTensors.FEED_FORWARD_NETWORK),
              DeepSeek.onExpertLayers(EXPERT_NETWORK),
              DeepSeek.onExpertLayers(DeepSeek.SHARED_EXPERTS),
              DeepSeek.onExpertLayers(CORRECTION),
              Predictors.TENSORS)
          .rename("language_model.", "")
          .leftovers(VisionTower.LEFTOVERS)
          .unusedFields(
              "use_qk_norm",
              "image_start_token_id",
              "image_end_token_id",
              "video_start_token_id",
              "video_end_token_id",
              "video_token_id")
          .build();

  private Glm4Moe() {}

  static void rotated(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    RopeParameters rope = RopeParameters.of(source.config());
    int head = source.sizes().headLength();
    int rotated = (int) (head * rope.rotatedPart());
    if (rotated < 2 || rotated > head || rotated % 2 != 0) {
      throw rope.problem(
          PART,
          "is %s: %d of a head's %d values are rotated, expected an even number of them"
              .formatted(rope.rotatedPart(), rotated, head));
    }
    metadata.putUint32(source.key("rope.dimension_count"), rotated);
  }
}
