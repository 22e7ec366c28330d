package dev.zonda.convert.families;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.WindowRule;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Qwen 1.5, 2 and 2.5: Llama's network with biases on queries, keys and values.
final class Qwen2 {
  private static final List<TensorRule> ATTENTION =
      CommonTensors.attention(Announcement.ALWAYS, Announcement.NEVER);

  /// Layers from a number on have a window, if that is switched on.
  static final WindowRule WINDOWS =
      WindowRule.unwritten((layer, config) ->
          layer >= config.optionalCount(List.of("max_window_layers")).orElse(28));

  static final Family FAMILY =
      Family.builder("Qwen 2", "qwen2")
          .models("Qwen 1.5", "Qwen 2", "Qwen 2.5", "QwQ", "DeepSeek R1 Distill Qwen")
          .classes("Qwen2ForCausalLM", "Qwen2Model")
          .defaults(Qwen2::defaults, "qwen2")
          .tensors(CommonTensors.FRAME, ATTENTION, CommonTensors.FEED_FORWARD_NETWORK)
          .leftovers(CommonTensors.BUFFERS)
          .metadata(NetworkKeys.ALL, List.of(WINDOWS, ActivationRule.SILU))
          .vocabulary(VocabularyForm.SENTENCEPIECE_OR_BYTES)
          .build();

  private Qwen2() {}

  /// What transformers' Qwen2Config says where the file does not.
  private static Map<String, Object> defaults(JsonFields config) throws FormatException {
    Map<String, Object> values = new HashMap<>(common());
    values.put("intermediate_size", 22016);
    values.put("hidden_size", 4096);
    values.put("num_hidden_layers", 32);
    values.put("num_attention_heads", 32);
    Llama.deriveKeyValueHeads(config, values, Optional.of(32));
    return values;
  }

  /// What the classes of all Qwens share.
  static Map<String, Object> common() {
    return Map.of(
        "vocab_size", 151936,
        "max_position_embeddings", 32768,
        "rms_norm_eps", 1e-6,
        "rope_theta", 10000.0,
        "sliding_window", 4096,
        "max_window_layers", 28);
  }
}
