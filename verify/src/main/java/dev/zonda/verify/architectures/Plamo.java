package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;

/// PLaMo 1: attention and feed-forward network side by side after one norm.
final class Plamo {
  static final Architecture ARCHITECTURE = new Architecture("plamo", Plamo::network);

  private Plamo() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys)
        .parallel()
        .norms("attn_norm", "attn_norm")
        .attention(HeadAttention.builder(keys).rotary(Rotary.Order.HALVES))
        .build();
  }
}
