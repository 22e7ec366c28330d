package dev.zonda.convert.families;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.tokenizers.VocabularyForm;

/// openPangu Embedded: Llama's network with biases of attention, whose heads have ggml's order in
/// the checkpoint.
final class Pangu {
  private static final Announcement BIASES = Announcement.by("bias", true);

  static final Family FAMILY =
      Family.builder("openPangu", "pangu-embedded")
          .models("openPangu Embedded 1B", "openPangu Embedded 7B")
          .tensors(
              CommonTensors.FRAME,
              CommonTensors.attention(BIASES, BIASES),
              CommonTensors.FEED_FORWARD_NETWORK)
          .outputMatrix(Family.OutputMatrix.SKIP_IF_TIED)
          .metadata(
              NetworkKeys.ALL,
              MetadataRule.size("vocab_size", "vocab_size"),
              MetadataRule.computed("rope.dimension_count", Dimension.HEAD),
              MetadataRule.computed("attention.key_length", Dimension.HEAD),
              MetadataRule.computed("attention.value_length", Dimension.HEAD),
              ActivationRule.SILU)
          .vocabulary(VocabularyForm.ERNIE)
          .build();

  private Pangu() {}
}
