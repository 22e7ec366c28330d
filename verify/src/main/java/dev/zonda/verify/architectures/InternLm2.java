package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;

/// InternLM 2 and 2.5: Llama's network.
final class InternLm2 {
  static final Architecture ARCHITECTURE = new Architecture("internlm2", InternLm2::network);

  private InternLm2() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys)
        .attention(HeadAttention.builder(keys).rotary(Rotary.Order.NEIGHBOURS))
        .build();
  }
}
