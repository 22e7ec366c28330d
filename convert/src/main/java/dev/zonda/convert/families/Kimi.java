package dev.zonda.convert.families;

import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.Leftover;
import dev.zonda.convert.rules.VisionTower;
import java.util.List;
import java.util.stream.Stream;

/// Kimi with images: the network of DeepSeek V3 with a vocabulary of its own. Kimi K2, which has
/// the same network and no images, is of DeepSeek's class.
final class Kimi {
  /// model_type of Kimi K2, whose class in transformers is DeepSeek's.
  static final String TYPE = "kimi_k2";

  private static final List<Leftover> LEFTOVERS =
      Stream.concat(
              VisionTower.LEFTOVERS.stream(),
              Stream.of("mm_projector.*", "model.mm_projector.*")
                  .map(pattern -> Leftover.part(pattern, VisionTower.WHAT)))
          .toList();

  static final Family WITH_IMAGES =
      Family.builder("Kimi with images", "deepseek2")
          .like(DeepSeek.FAMILY)
          .models("Kimi K2.5, K2.6 (text part)", "Kimi VL (text part)")
          .defaults(DeepSeek.VERSION_3, "deepseek_v3", TYPE)
          // As transformers saves it: it takes the names of the part that sees images for those of
          // the text model.
          .rename("language_model.model.blocks.", "model.layers.")
          .rename("language_model.", "")
          .leftovers(LEFTOVERS)
          .unusedFields(
              "seq_aux",
              "aux_loss_alpha",
              "ep_size",
              "num_mtp_layers",
              "num_nextn_predict_layers",
              "qk_head_dim",
              "ignore_index",
              "media_placeholder_token_id",
              "use_unified_vision_chunk",
              "video_placeholder",
              "projection_hidden_size",
              "projection_layer_norm_eps",
              "video_token_id",
              "vision_start_token_id",
              "vision_end_token_id")
          .build();

  private Kimi() {}
}
