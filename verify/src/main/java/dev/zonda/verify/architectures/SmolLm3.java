package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;

/// SmolLM 3: Llama's network, which has no positions on every fourth layer.
final class SmolLm3 {
  static final Architecture ARCHITECTURE = new Architecture("smollm3", SmolLm3::network);

  private static final int PLAIN_STEP = 4;

  private SmolLm3() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys)
        .attention(
            HeadAttention.builder(keys)
                .rotary(Rotary.Order.NEIGHBOURS)
                .rotatedLayers(layer -> (layer + 1) % PLAIN_STEP != 0)
                .windows())
        .build();
  }
}
