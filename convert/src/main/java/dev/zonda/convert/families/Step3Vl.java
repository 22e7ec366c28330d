package dev.zonda.convert.families;

import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.Leftover;
import dev.zonda.convert.rules.VisionTower;
import java.util.List;
import java.util.stream.Stream;

/// Step 3 VL: Qwen 3 with a part that sees images, whose projector has no prefix.
final class Step3Vl {
  private static final List<Leftover> LEFTOVERS =
      Stream.concat(
              VisionTower.LEFTOVERS.stream(), Stream.of(VisionTower.part("vit_large_projector.*")))
          .toList();

  static final Family FAMILY =
      Family.builder("Step 3 VL", "qwen3")
          .like(Qwen3.FAMILY)
          .models("Step 3 VL 10B (text part)")
          .publishedDefaults(Qwen3.DEFAULTS, "step_robotics", "qwen3")
          .rename("language_model.", "")
          .leftovers(LEFTOVERS)
          .unusedFields(
              "understand_projector_stride",
              "projector_bias",
              "image_token_len",
              "patch_token_len",
              "im_start_token",
              "im_end_token",
              "im_patch_token",
              "vision_select_layer",
              "max_window_layers")
          .build();

  private Step3Vl() {}
}
