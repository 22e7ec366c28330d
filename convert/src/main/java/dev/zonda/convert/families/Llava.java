package dev.zonda.convert.families;

import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.VisionTower;

/// LLaVA: Llama with a part that sees images.
final class Llava {
  static final Family FAMILY =
      Family.builder("LLaVA", "llama")
          .like(Llama.FAMILY)
          .models("LLaVA 1.5 7B, 13B")
          .onlyModelTypes()
          .defaults(Llama.DEFAULTS, "llama", "llava")
          .rename("language_model.", "")
          .leftovers(VisionTower.LEFTOVERS)
          .unusedFields("image_seq_length", "ignore_index")
          .build();

  private Llava() {}
}
