package dev.zonda.convert.families;

import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.Leftover;
import dev.zonda.convert.rules.VisionTower;
import java.util.List;
import java.util.stream.Stream;

/// Sarashina 2 Vision: Llama with a part that sees images, which has a norm of its own.
final class Sarashina2Vision {
  private static final List<Leftover> LEFTOVERS =
      Stream.concat(VisionTower.LEFTOVERS.stream(), Stream.of(VisionTower.part("norm.*"))).toList();

  static final Family FAMILY =
      Family.builder("Sarashina 2 Vision", "llama")
          .like(Llama.FAMILY)
          .models("Sarashina 2 Vision 8B, 14B", "Sarashina 2.2 Vision 3B")
          .publishedDefaults(Llama.DEFAULTS, "llama")
          .rename("llm.", "")
          .leftovers(LEFTOVERS)
          .unusedFields("start_image_token_index", "end_image_token_index")
          .build();

  private Sarashina2Vision() {}
}
