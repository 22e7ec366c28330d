package dev.zonda.convert.families;

import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.VisionTower;

/// Pixtral and BakLLaVA: Mistral with a part that sees images, under LLaVA's name.
final class Pixtral {
  static final Family FAMILY =
      Family.builder("Pixtral", "llama")
          .like(Mistral.FAMILY)
          .models("Pixtral 12B", "BakLLaVA")
          .onlyModelTypes()
          .defaults(Mistral.DEFAULTS, "mistral")
          .rename("language_model.", "")
          .leftovers(VisionTower.LEFTOVERS)
          .unusedFields("image_seq_length", "is_composition", "ignore_index")
          .build();

  private Pixtral() {}
}
