package dev.zonda.convert.families;

import dev.zonda.convert.rules.Diffusion;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.tokenizers.VocabularyForm;

/// Dream: Qwen 2's network, in which each token sees the whole text and gaps in it are filled.
final class Dream {
  static final Family FAMILY =
      Family.builder("Dream", "dream")
          .like(Qwen2.FAMILY)
          .models("Dream 7B", "Dream Coder 7B")
          .metadataAfterPooling(Diffusion.SEES_ALL, Diffusion.MASK)
          .vocabulary(VocabularyForm.FLAGGED)
          .unusedFields("max_window_layers")
          .build();

  private Dream() {}
}
