package dev.zonda.convert.families;

import dev.zonda.convert.rules.Family;
import dev.zonda.convert.tokenizers.VocabularyForm;

/// What writes down speech in Qwen 3 ASR: Qwen 3, which llama.cpp takes for Qwen 3 VL.
final class Qwen3Asr {
  static final Family FAMILY =
      Family.builder("Qwen 3 ASR", "qwen3vl")
          .like(Qwen3.FAMILY)
          .models("Qwen 3 ASR 0.6B", "Qwen 3 ASR 1.7B")
          .defaults(Qwen3.DEFAULTS, "qwen3")
          .rename("thinker.", "")
          .rename("language_model.", "")
          .leftovers(OtherParts.LEFTOVERS)
          .metadataAfterPooling(Qwen3Vl::noDeepstack)
          .rotarySections(24, 20, 20)
          .unusedFields(OtherParts.UNUSED_FIELDS)
          .vocabulary(VocabularyForm.TRANSCRIPTS)
          .build();

  private Qwen3Asr() {}
}
