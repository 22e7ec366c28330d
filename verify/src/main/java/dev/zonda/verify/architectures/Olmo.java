package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Norm;
import dev.zonda.verify.network.Rotary;

/// OLMo: Llama's network with norms that have no weights, and bounds of queries, keys and values.
final class Olmo {
  static final Architecture ARCHITECTURE = new Architecture("olmo", Olmo::network);

  private Olmo() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys)
        .norm(Norm.unweightedLayer(keys))
        .attention(
            HeadAttention.builder(keys)
                .rotary(Rotary.Order.NEIGHBOURS)
                .clamp(keys.optionalNumber("attention.clamp_kqv").orElse(Double.POSITIVE_INFINITY)))
        .build();
  }
}
