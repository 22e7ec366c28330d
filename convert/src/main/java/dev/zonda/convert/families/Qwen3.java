package dev.zonda.convert.families;

import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.TensorRule;
import java.util.List;

/// Qwen 3: norms over each head of queries and keys, a head size of its own, no biases.
final class Qwen3 {
  private static final Announcement BIASES = Announcement.by("attention_bias", false);

  /// Attention whose biases config.json announces.
  static final List<TensorRule> ATTENTION = CommonTensors.attention(BIASES, BIASES);

  /// What transformers' Qwen3Config says.
  static final Defaults DEFAULTS = Qwen2.DEFAULTS.with("head_dim", 128);

  static final Family FAMILY =
      Family.builder("Qwen 3", "qwen3")
          .like(Qwen2.FAMILY)
          .models("Qwen 3 0.6B to 32B", "DeepSeek R1 0528 Qwen3 8B")
          .defaults(DEFAULTS, "qwen3")
          .tensors(
              CommonTensors.FRAME,
              ATTENTION,
              CommonTensors.HEAD_NORMS,
              CommonTensors.FEED_FORWARD_NETWORK)
          .build();

  private Qwen3() {}
}
