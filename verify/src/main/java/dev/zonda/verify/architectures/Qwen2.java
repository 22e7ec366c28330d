package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;

/// Qwen 1.5, 2 and 2.5: Llama's network, with biases and another order of rotated features.
final class Qwen2 {
  static final Architecture ARCHITECTURE = new Architecture("qwen2", Qwen2::network);

  private Qwen2() {}

  static Network network(Keys keys) throws FormatException {
    return Network.builder(keys)
        .attention(HeadAttention.builder(keys).rotary(Rotary.Order.HALVES).windows())
        .build();
  }
}
