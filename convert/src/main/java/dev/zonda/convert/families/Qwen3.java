package dev.zonda.convert.families;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Qwen 3: norms over each head of queries and keys, a head size of its own, no biases.
final class Qwen3 {
  private static final Announcement BIASES = Announcement.by("attention_bias", false);

  /// Attention whose biases config.json announces.
  static final List<TensorRule> ATTENTION = CommonTensors.attention(BIASES, BIASES);

  static final Family FAMILY =
      Family.builder("Qwen 3", "qwen3")
          .models("Qwen 3 0.6B to 32B", "DeepSeek R1 0528 Qwen3 8B")
          .classes("Qwen3ForCausalLM", "Qwen3Model")
          .defaults(Qwen3::defaults, "qwen3")
          .tensors(
              CommonTensors.FRAME,
              ATTENTION,
              CommonTensors.HEAD_NORMS,
              CommonTensors.FEED_FORWARD_NETWORK)
          .leftovers(CommonTensors.BUFFERS)
          .metadata(NetworkKeys.ALL, List.of(Qwen2.WINDOWS, ActivationRule.SILU))
          .vocabulary(VocabularyForm.SENTENCEPIECE_OR_BYTES)
          .build();

  private Qwen3() {}

  /// What transformers' Qwen3Config says where the file does not.
  private static Map<String, Object> defaults(JsonFields config) throws FormatException {
    Map<String, Object> values = new HashMap<>(Qwen2.common());
    values.putAll(
        Map.of(
            "intermediate_size", 22016,
            "hidden_size", 4096,
            "num_hidden_layers", 32,
            "num_attention_heads", 32,
            "head_dim", 128));
    Llama.deriveKeyValueHeads(config, values, Optional.of(32));
    return values;
  }
}
