package dev.zonda.convert.families;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The text part of Qwen 3 VL: Qwen 3, whose rotary embedding has sections for places in images,
/// and whose first layers take more of an image. In a text, neither makes a difference.
final class Qwen3Vl {
  /// Layers of the part that sees images whose results go to the first layers here, where its
  /// configuration does not name them.
  private static final int DEEPSTACK = 3;

  private static final String DEEPSTACK_KEY = "n_deepstack_layers";

  /// What transformers' Qwen3VLTextConfig says.
  private static final Defaults DEFAULTS =
      Qwen2.DEFAULTS.with(
          Map.of("head_dim", 128, "max_position_embeddings", 128000, "rope_theta", 500000.0));

  static final Family FAMILY =
      Family.builder("Qwen 3 VL", "qwen3vl")
          .like(Qwen3.FAMILY)
          .models("Qwen 3 VL 2B to 32B")
          .defaults(DEFAULTS, "qwen3_vl", "qwen3_vl_text")
          .rename("thinker.", "")
          .rename("language_model.", "")
          .leftovers(OtherParts.LEFTOVERS)
          .metadata(
              NetworkKeys.ALL,
              MetadataRule.implied("use_sliding_window", false),
              ActivationRule.SILU)
          .metadataAfterPooling(Qwen3Vl::deepstack)
          .rotarySections(24, 20, 20)
          .unusedFields(OtherParts.UNUSED_FIELDS)
          .build();

  private Qwen3Vl() {}

  /// How many layers take more of an image.
  static void deepstack(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    Optional<JsonFields> vision = source.config().fields().object("vision_config");
    Optional<List<Long>> layers =
        vision.isPresent() ? vision.get().integers("deepstack_visual_indexes") : Optional.empty();
    int usual = source.config().defaults().isEmpty() ? 0 : DEEPSTACK;
    metadata.putUint32(source.key(DEEPSTACK_KEY), layers.map(List::size).orElse(usual));
  }

  /// For models whose texts never have more.
  static void noDeepstack(MetadataRule.Source source, Metadata.Builder metadata) {
    metadata.putUint32(source.key(DEEPSTACK_KEY), 0);
  }
}
