package dev.zonda.convert.families;

import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;

/// The text part of dots.ocr, which is Qwen 2.
final class DotsOcr {
  static final Family FAMILY =
      Family.builder("dots.ocr", "qwen2")
          .like(Qwen2.FAMILY)
          .models("dots.ocr")
          .leftovers(OtherParts.LEFTOVERS)
          .moreMetadata(MetadataRule.implied("attention_bias", true))
          .unusedFields(OtherParts.UNUSED_FIELDS)
          .build();

  private DotsOcr() {}
}
