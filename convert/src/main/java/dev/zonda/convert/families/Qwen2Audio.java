package dev.zonda.convert.families;

import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;

/// The text part of models that hear, which is Qwen 2.
final class Qwen2Audio {
  static final Family FAMILY =
      Family.builder("Qwen 2 Audio", "qwen2")
          .like(Qwen2.FAMILY)
          .models("Qwen 2 Audio", "Audio Flamingo 3")
          .defaults(Qwen2.DEFAULTS, "qwen2")
          .rename("language_model.model.", "model.")
          .rename("language_model.", "")
          .leftovers(OtherParts.LEFTOVERS)
          .moreMetadata(MetadataRule.implied("use_mrope", false))
          .unusedFields(OtherParts.UNUSED_FIELDS)
          .build();

  private Qwen2Audio() {}
}
