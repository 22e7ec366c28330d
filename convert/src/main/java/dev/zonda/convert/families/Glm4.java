package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.FEED_FORWARD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.JoinRows;
import dev.zonda.convert.expression.RowOrder;
import dev.zonda.convert.expression.SelectRows;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.Predictors;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.VisionTower;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// GLM 4 of 2025: norms before and after both parts of a layer, gate and up in one matrix, and half
/// of each head rotated, whose values lie in ggml's order. Of the models that see images, only the
/// text part.
final class Glm4 {
  /// What the reference takes where no field says how much of a head is rotated.
  private static final double USUAL_PART = 0.5;

  private static final String PART = "partial_rotary_factor";

  private static final List<TensorRule> NORMS =
      List.of(
          block("input_layernorm.weight", "attn_norm.weight", HIDDEN),
          block("post_self_attn_layernorm.weight", "post_attention_norm.weight", HIDDEN),
          block("post_attention_layernorm.weight", "ffn_norm.weight", HIDDEN),
          block("post_mlp_layernorm.weight", "post_ffw_norm.weight", HIDDEN));

  private static final List<TensorRule> NETWORK =
      List.of(
          block("mlp.gate_up_proj.weight", "ffn_up.weight", FEED_FORWARD.times(2), HIDDEN),
          block("mlp.down_proj.weight", "ffn_down.weight", HIDDEN, FEED_FORWARD));

  /// What transformers' Glm4Config and Glm4vTextConfig share.
  private static final Defaults COMMON =
      Defaults.of(
          Map.of(
              "vocab_size", 151552,
              "hidden_size", 4096,
              "intermediate_size", 13696,
              "num_hidden_layers", 40,
              "num_attention_heads", 32,
              "rope_theta", 10000.0));

  static final Family FAMILY =
      Family.builder("GLM 4", "glm4")
          .models("GLM 4 9B and 32B 0414", "GLM Z1")
          .defaults(
              COMMON.with(
                  Map.of(
                      "num_key_value_heads",
                      2,
                      "head_dim",
                      128,
                      "max_position_embeddings",
                      131072,
                      "rms_norm_eps",
                      1.5625e-7,
                      PART,
                      USUAL_PART)),
              "glm4")
          .tensors(
              CommonTensors.EMBEDDINGS,
              NORMS,
              attention(Announcement.by("attention_bias", true)),
              NETWORK)
          .metadata(NetworkKeys.ALL, Glm4::rotated, ActivationRule.SILU)
          .vocabulary(VocabularyForm.GLM_4)
          .build();

  static final Family WITH_IMAGES =
      Family.builder("GLM 4V", "glm4")
          .like(FAMILY)
          .models("GLM 4.1V 9B Thinking (text part)")
          .defaults(
              COMMON
                  .with(Map.of("max_position_embeddings", 32768, "rms_norm_eps", 1e-5))
                  .keyHeads(2),
              "glm4v_text",
              "glm4v")
          .tensors(CommonTensors.EMBEDDINGS, NORMS, attention(Announcement.ALWAYS), NETWORK)
          .rename("language_model.", "")
          .leftovers(VisionTower.LEFTOVERS)
          .unusedFields(
              "attention_bias",
              "image_start_token_id",
              "image_end_token_id",
              "video_start_token_id",
              "video_end_token_id",
              "video_token_id")
          .build();

  /// What transformers' GlmOcrTextConfig says.
  private static final Defaults OCR =
      Defaults.of(
          Map.of(
              "vocab_size", 59392,
              "hidden_size", 1024,
              "intermediate_size", 4096,
              "num_hidden_layers", 16,
              "num_attention_heads", 16,
              "num_key_value_heads", 8,
              "max_position_embeddings", 131072,
              "rms_norm_eps", 1e-5,
              "rope_theta", 10000.0));

  static final Family OF_DOCUMENTS =
      Family.builder("GLM OCR", "glm4")
          .like(WITH_IMAGES)
          .models("GLM OCR (text part)")
          .defaults(OCR, "glm_ocr_text", "glm_ocr")
          .tensors(
              CommonTensors.EMBEDDINGS,
              NORMS,
              attention(Announcement.NEVER),
              NETWORK,
              Predictors.TENSORS)
          .predictors(Predictors.USUAL)
          .moreMetadata(Predictors.KEY_OR_ZERO)
          .build();

  private Glm4() {}

  private static List<TensorRule> attention(Announcement biases) {
    return CommonTensors.attention(
        (source, sizes) -> halves(source, sizes, sizes.heads()),
        (source, sizes) -> halves(source, sizes, sizes.keyValueHeads()),
        biases,
        Announcement.NEVER);
  }

  /// llama.cpp rotates values that lie half of the rotated ones apart where positions have several
  /// sections.
  private static Expression halves(Expression source, ModelSizes sizes, int heads)
      throws FormatException {
    Optional<List<Long>> sections = sections(sizes);
    if (sections.isEmpty()) {
      return source;
    }
    long head = sizes.headLength();
    long rotated = rotated(sizes);
    List<Expression> parts = new ArrayList<>();
    for (int i = 0; i < heads; i++) {
      parts.add(
          SelectRows.of(
              source,
              new RowOrder(
                  i * head, List.of(new RowOrder.Loop(2, 1), new RowOrder.Loop(rotated / 2, 2)))));
      if (rotated < head) {
        parts.add(
            SelectRows.of(
                source,
                new RowOrder(i * head + rotated, List.of(new RowOrder.Loop(head - rotated, 1)))));
      }
    }
    return JoinRows.concatenate(parts);
  }

  private static Optional<List<Long>> sections(ModelSizes sizes) throws FormatException {
    RopeParameters rope = RopeParameters.of(sizes.config());
    return rope.fields().isPresent()
        ? rope.fields().get().integers("mrope_section")
        : Optional.empty();
  }

  /// Values of a head that are rotated.
  private static int rotated(ModelSizes sizes) throws FormatException {
    RopeParameters rope = RopeParameters.of(sizes.config());
    boolean isSaid =
        rope.real(PART).isPresent() || sizes.config().optionalReal(List.of(PART)).isPresent();
    double part =
        isSaid || sizes.fidelity() == Fidelity.CORRECTED ? rope.rotatedPart() : USUAL_PART;
    int rotated = (int) (sizes.headLength() * part);
    if (rotated < 2 || rotated > sizes.headLength() || rotated % 2 != 0) {
      throw rope.problem(
          PART,
          "is %s: %d of a head's %d values are rotated, expected an even number of them"
              .formatted(part, rotated, sizes.headLength()));
    }
    return rotated;
  }

  private static void rotated(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    int rotated = rotated(source.sizes());
    metadata.putUint32(source.key("rope.dimension_count"), rotated);
    Optional<List<Long>> sections = sections(source.sizes());
    if (source.isCorrected() && sections.isPresent()) {
      long pairs = sections.get().stream().mapToLong(Long::longValue).sum();
      if (pairs != rotated / 2) {
        throw RopeParameters.of(source.config())
            .problem(
                "mrope_section", "has %d pairs, but %d are rotated".formatted(pairs, rotated / 2));
      }
    }
  }
}
