package dev.zonda.convert.families;

import dev.zonda.convert.rules.Diffusion;
import dev.zonda.convert.rules.Family;

/// RND1: Qwen 3's network with experts, in which each token sees the whole text and gaps in it are
/// filled.
final class Rnd1 {
  static final Family FAMILY =
      Family.builder("RND1", "rnd1")
          .like(Qwen3Moe.FAMILY)
          .models("RND1 Base")
          .moreMetadata(Diffusion.SEES_ALL, Diffusion.MASK)
          .unusedFields("max_window_layers", "layer_types", "num_diffusion_steps")
          .build();

  private Rnd1() {}
}
