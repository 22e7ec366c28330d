package dev.zonda.convert.families;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/// Mistral: Llama's network, with attention that may be limited to a sliding window.
final class Mistral {
  /// What transformers' MistralConfig says.
  static final Defaults DEFAULTS =
      Defaults.of(
              Map.of(
                  "vocab_size", 32000,
                  "hidden_size", 4096,
                  "intermediate_size", 14336,
                  "num_hidden_layers", 32,
                  "num_attention_heads", 32,
                  "max_position_embeddings", 131072,
                  "rms_norm_eps", 1e-6,
                  "rope_theta", 10000.0,
                  "sliding_window", 4096))
          .keyHeads(8)
          .headsOfHidden();

  static final Family FAMILY =
      Family.builder("Mistral", "llama")
          .like(Llama.FAMILY)
          .models(
              "Mistral 7B", "Codestral", "Mistral NeMo", "Mistral Small", "Mistral Large", "Zephyr")
          .defaults(DEFAULTS, "mistral")
          .tensors(CommonTensors.FRAME, Llama.ATTENTION, CommonTensors.FEED_FORWARD_NETWORK)
          .metadata(
              NetworkKeys.SIZES,
              Mistral::slidingWindow,
              Llama.OUTPUT,
              NetworkKeys.NO_BIASES,
              ActivationRule.SILU)
          .build();

  private Mistral() {}

  /// llama.cpp's converter drops the window, so that its files attend to all of a long text.
  private static void slidingWindow(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    OptionalLong window = source.config().optionalSize(List.of("sliding_window"));
    if (window.isEmpty() || !source.isCorrected()) {
      return;
    }
    String key = source.key("attention.sliding_window");
    metadata.putUint32(key, window.getAsLong());
    source
        .notes()
        .add(
            ("the sliding window of %d tokens is written as %s; llama.cpp's converter "
                    + "drops it (--as-reference)")
                .formatted(window.getAsLong(), key));
  }
}
