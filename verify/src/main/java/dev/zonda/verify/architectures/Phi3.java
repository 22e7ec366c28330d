package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;

/// Phi 3, 3.5 and 4: Llama's network with fused matrices, and two sets of factors for the rotary
/// frequencies of short and long texts.
final class Phi3 {
  static final Architecture ARCHITECTURE = new Architecture("phi3", Phi3::network);

  private Phi3() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys)
        .attention(
            HeadAttention.builder(keys)
                .rotary(Rotary.Order.HALVES)
                .slidingWindow(keys.countOrZero("attention.sliding_window")))
        .build();
  }
}
