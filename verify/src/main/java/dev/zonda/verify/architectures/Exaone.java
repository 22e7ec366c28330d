package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;

/// EXAONE 3 and 3.5: Llama's network, with heads in Hugging Face's order.
final class Exaone {
  static final Architecture ARCHITECTURE = new Architecture("exaone", Exaone::network);

  private Exaone() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys)
        .attention(HeadAttention.builder(keys).rotary(Rotary.Order.HALVES))
        .build();
  }
}
