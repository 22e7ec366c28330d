package dev.zonda.convert.families;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;

/// Maincoder: Llama's network, whose heads have ggml's order in the checkpoint, and whose queries
/// and keys are normed after they are turned.
final class Maincoder {
  private static final Announcement BIASES = Announcement.by("attention_bias", false);

  static final Family FAMILY =
      Family.builder("Maincoder", "maincoder")
          .models("Maincoder 1B")
          .tensors(
              CommonTensors.FRAME,
              CommonTensors.attention(BIASES, BIASES),
              CommonTensors.HEAD_NORMS,
              CommonTensors.FEED_FORWARD_NETWORK)
          .rename("feed_forward.", "mlp.")
          .metadata(
              NetworkKeys.ALL,
              Maincoder::rotated,
              MetadataRule.implied("mlp_bias", false),
              MetadataRule.implied("use_qk_norm", true),
              ActivationRule.SILU)
          .build();

  private Maincoder() {}

  private static void rotated(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    if (source.config().fields().has("head_dim")) {
      metadata.putUint32(source.key("rope.dimension_count"), source.sizes().headLength());
    }
  }
}
