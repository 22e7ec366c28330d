package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Norm;
import dev.zonda.verify.network.Rotary;

/// Orion: Llama's network with norms that subtract the mean.
final class Orion {
  static final Architecture ARCHITECTURE = new Architecture("orion", Orion::network);

  private Orion() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys)
        .norm(Norm.layer(keys))
        .attention(HeadAttention.builder(keys).rotary(Rotary.Order.HALVES))
        .build();
  }
}
