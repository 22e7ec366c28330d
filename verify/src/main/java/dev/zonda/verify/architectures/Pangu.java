package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;

/// openPangu Embedded: Llama's network with biases and another order of rotated features.
final class Pangu {
  static final Architecture ARCHITECTURE = new Architecture("pangu-embedded", Pangu::network);

  private Pangu() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys)
        .attention(HeadAttention.builder(keys).rotary(Rotary.Order.HALVES))
        .build();
  }
}
