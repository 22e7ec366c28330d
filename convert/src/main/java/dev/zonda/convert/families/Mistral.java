package dev.zonda.convert.families;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.RopeFactors;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// Mistral: Llama's network, with attention that may be limited to a sliding window.
final class Mistral {
  static final Family FAMILY =
      Family.builder("Mistral", "llama")
          .models(
              "Mistral 7B", "Codestral", "Mistral NeMo", "Mistral Small", "Mistral Large", "Zephyr")
          .classes("MistralForCausalLM", "MistralModel")
          .defaults(Mistral::defaults, "mistral")
          .tensors(CommonTensors.FRAME, Llama.ATTENTION, CommonTensors.FEED_FORWARD_NETWORK)
          .leftovers(CommonTensors.BUFFERS)
          .metadata(
              NetworkKeys.SIZES,
              List.of(Mistral::slidingWindow),
              Llama.OUTPUT,
              NetworkKeys.NO_BIASES,
              List.of(ActivationRule.SILU))
          .generated(RopeFactors::targets)
          .vocabulary(VocabularyForm.LLAMA)
          .build();

  private Mistral() {}

  /// What transformers' MistralConfig says where the file does not.
  static Map<String, Object> defaults(JsonFields config) throws FormatException {
    Map<String, Object> values =
        new HashMap<>(
            Map.of(
                "vocab_size", 32000,
                "hidden_size", 4096,
                "intermediate_size", 14336,
                "num_hidden_layers", 32,
                "num_attention_heads", 32,
                "max_position_embeddings", 131072,
                "rms_norm_eps", 1e-6,
                "rope_theta", 10000.0));
    values.put("sliding_window", 4096);
    Llama.derive(config, values, Optional.of(8));
    return values;
  }

  /// The reference drops the window, so that its files attend to all of a long text.
  static void slidingWindow(MetadataRule.Source source, Metadata.Builder metadata)
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
            "sliding window of %d tokens written as %s; the reference drops it (--as-reference)"
                .formatted(window.getAsLong(), key));
  }
}
