package dev.zonda.convert.families;

import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.Leftover;
import dev.zonda.convert.rules.VisionTower;
import java.util.List;
import java.util.stream.Stream;

/// The text part of PaddleOCR VL: ERNIE 4.5, whose heads have Hugging Face's order and whose rotary
/// embedding has sections for places in images. In a text they are the same.
final class PaddleOcr {
  private static final List<Leftover> LEFTOVERS =
      Stream.concat(
              VisionTower.LEFTOVERS.stream(),
              Stream.of("mlp_AR.*", "model.projector.*").map(VisionTower::part))
          .toList();

  static final Family FAMILY =
      Family.builder("PaddleOCR VL", "paddleocr")
          .like(Ernie45.FAMILY)
          .models("PaddleOCR VL 0.9B (text part)")
          // What transformers' PaddleOCRTextConfig says is the same.
          .defaults(Ernie45.DEFAULTS, "paddleocr_vl", "paddleocr_vl_text")
          .rename("language_model.", "")
          .leftovers(LEFTOVERS)
          .rotarySections(16, 24, 24)
          .unusedFields(
              "attention_probs_dropout_prob",
              "compression_ratio",
              "ignored_index",
              "max_sequence_length",
              "rope_is_neox_style",
              "use_3d_rope",
              "use_flash_attention",
              "video_token_id",
              "weight_share_add_bias")
          .build();

  private PaddleOcr() {}
}
