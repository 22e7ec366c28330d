package dev.zonda.convert.families;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.WindowRule;
import dev.zonda.convert.tokenizers.VocabularyForm;
import java.util.List;
import java.util.Map;

/// Qwen 1.5, 2 and 2.5: Llama's network with biases on queries, keys and values.
final class Qwen2 {
  /// If windows are switched on, layers from a certain number on have one.
  private static final WindowRule WINDOWS =
      WindowRule.unwritten((layer, config) ->
          layer >= config.optionalCount(List.of("max_window_layers")).orElse(28)
              && config.optionalSize(List.of("sliding_window")).isPresent());

  /// What the classes of all Qwens share.
  static final Defaults COMMON =
      Defaults.of(
          Map.of(
              "vocab_size", 151936,
              "max_position_embeddings", 32768,
              "rms_norm_eps", 1e-6,
              "rope_theta", 10000.0,
              "sliding_window", 4096,
              "max_window_layers", 28));

  /// What transformers' Qwen2Config says.
  static final Defaults DEFAULTS =
      COMMON
          .with(
              Map.of(
                  "intermediate_size", 22016,
                  "hidden_size", 4096,
                  "num_hidden_layers", 32,
                  "num_attention_heads", 32))
          .keyHeads(32);

  static final Family FAMILY =
      Family.builder("Qwen 2", "qwen2")
          .models("Qwen 1.5", "Qwen 2", "Qwen 2.5", "QwQ", "DeepSeek R1 Distill Qwen")
          .defaults(DEFAULTS, "qwen2")
          .tensors(
              CommonTensors.FRAME,
              CommonTensors.attention(Announcement.ALWAYS, Announcement.NEVER),
              CommonTensors.FEED_FORWARD_NETWORK)
          .metadata(NetworkKeys.ALL, WINDOWS, ActivationRule.SILU)
          .vocabulary(VocabularyForm.SENTENCEPIECE_OR_BYTES)
          .build();

  private Qwen2() {}
}
