package dev.zonda.convert.families;

import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.Leftover;
import dev.zonda.convert.rules.VisionTower;
import java.util.List;
import java.util.stream.Stream;

/// Janus Pro: Llama with a part that sees images, and one that makes them.
final class Janus {
  private static final List<Leftover> LEFTOVERS =
      Stream.concat(
              VisionTower.LEFTOVERS.stream(),
              Stream.of(
                  VisionTower.part("model.aligner.*"),
                  Leftover.part("model.vqmodel.*", "the part that makes images"),
                  Leftover.part("model.generation_*", "the part that makes images")))
          .toList();

  static final Family FAMILY =
      Family.builder("Janus", "llama")
          .like(Llama.FAMILY)
          .models("Janus Pro 1B, 7B")
          .defaults(Llama.DEFAULTS, "llama", "janus")
          .rename("language_model.", "")
          .leftovers(LEFTOVERS)
          .build();

  private Janus() {}
}
