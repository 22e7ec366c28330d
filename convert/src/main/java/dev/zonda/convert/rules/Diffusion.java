package dev.zonda.convert.rules;

import java.util.List;

/// Keys of networks that fill gaps in a text instead of continuing it.
public final class Diffusion {
  private static final String MASK_KEY = "tokenizer.ggml.mask_token_id";

  /// Each token sees those after it, too.
  public static final MetadataRule SEES_ALL =
      (source, metadata) -> metadata.putBool(source.key("attention.causal"), false);

  /// What stands for a gap.
  public static final MetadataRule MASK =
      (source, metadata) ->
          source
              .config()
              .optionalCount(List.of("mask_token_id"))
              .ifPresent(id -> metadata.putUint32(MASK_KEY, id));

  /// Logits at a place are of the token there, and not of the next one.
  public static final MetadataRule OWN_PLACE =
      (source, metadata) -> metadata.putBool("diffusion.shift_logits", false);

  private Diffusion() {}

  /// The same where no published file says what stands for a gap.
  public static MetadataRule mask(long usual) {
    return (source, metadata) ->
        metadata.putUint32(
            MASK_KEY,
            source.isCorrected()
                ? source.config().optionalCount(List.of("mask_token_id")).orElse(usual)
                : usual);
  }
}
