package dev.zonda.convert.families;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.Leftover;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// Granite 3 and 4.1 without experts: Llama's network with scales of the embedding, of what each
/// part of a layer adds, of the products of queries and keys, and of the logits.
final class Granite {
  /// All keys of its network.
  static final MetadataRule KEYS =
      MetadataRule.sequence(
          NetworkKeys.UP_TO_HEADS,
          NetworkKeys.HEAD_LENGTHS,
          MetadataRule.fileType(),
          MetadataRule.size("vocab_size", "vocab_size"),
          (source, metadata) ->
              metadata.putUint32(source.key("rope.dimension_count"), headLength(source)),
          NetworkKeys.SCALES);

  /// What models that hear have besides.
  private static final List<Leftover> LEFTOVERS =
      Stream.concat(
              CommonTensors.BUFFERS.stream(),
              Stream.of("encoder.*", "projector.*", "model.encoder.*", "model.projector.*")
                  .map(pattern ->
                      Leftover.part(
                          pattern, "the part that hears; this file holds the text model")))
          .toList();

  /// What transformers' GraniteConfig says.
  static final Defaults DEFAULTS =
      Llama.DEFAULTS.with(
          Map.of(
              "embedding_multiplier", 1.0,
              "logits_scaling", 1.0,
              "residual_multiplier", 1.0,
              "attention_multiplier", 1.0));

  static final Family FAMILY =
      Family.builder("Granite", "granite")
          .like(Llama.FAMILY)
          .models("Granite 3.0 to 3.3 2B, 8B", "Granite 4.1", "Granite Speech 3.3 (text part)")
          .defaults(DEFAULTS, "granite")
          .rename("language_model.", "")
          .leftovers(LEFTOVERS)
          .metadata(KEYS, ActivationRule.SILU)
          // Of models that hear.
          .unusedFields(
              "audio_token_index",
              "downsample_rate",
              "encoder_config",
              "has_lora_adapter",
              "projector_config",
              "window_size")
          .build();

  private Granite() {}

  /// The reference does not know heads that do not share the width of the residual stream.
  private static long headLength(MetadataRule.Source source) {
    return source.isCorrected()
        ? source.sizes().headLength()
        : source.sizes().hidden() / source.sizes().heads();
  }
}
