package dev.zonda.convert.rules;

import java.util.List;
import java.util.stream.Stream;

/// What a model that sees images has besides its text model. GGUF keeps it in a file of its own.
public final class VisionTower {
  /// What is said of it.
  public static final String WHAT = "the part that sees images; this file holds the text model";

  public static final List<Leftover> LEFTOVERS =
      Stream.concat(
              CommonTensors.BUFFERS.stream(),
              Stream.of(
                      "vision_tower.*",
                      "vision_model.*",
                      "multi_modal_projector.*",
                      "visual.*",
                      "model.visual.*",
                      "model.vision_tower.*",
                      "model.vision_model.*",
                      "model.mm_projector.*",
                      "model.multi_modal_projector.*")
                  .map(VisionTower::part))
          .toList();

  private VisionTower() {}

  /// Tensors of it under names of a family's own.
  public static Leftover part(String pattern) {
    return Leftover.part(pattern, WHAT);
  }
}
