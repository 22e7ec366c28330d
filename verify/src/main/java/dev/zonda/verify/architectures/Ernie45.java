package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;

/// ERNIE 4.5 without experts: Llama's network.
final class Ernie45 {
  static final Architecture ARCHITECTURE = new Architecture("ernie4_5", Ernie45::network);

  private Ernie45() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys)
        .attention(HeadAttention.builder(keys).rotary(Rotary.Order.NEIGHBOURS))
        .build();
  }
}
