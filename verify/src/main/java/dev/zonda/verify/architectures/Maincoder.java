package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;

/// Maincoder: Llama's network, whose queries and keys are normed after they are turned.
final class Maincoder {
  static final Architecture ARCHITECTURE = new Architecture("maincoder", Maincoder::network);

  private Maincoder() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys)
        .attention(
            HeadAttention.builder(keys)
                .headNorms(HeadAttention.HeadNorms.EACH_ROTATED_HEAD)
                .rotary(Rotary.Order.NEIGHBOURS))
        .build();
  }
}
