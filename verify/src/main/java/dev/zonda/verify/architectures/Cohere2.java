package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;

/// Command R7B and A: Command R with a sliding window on three of four layers, and positions on
/// those alone.
final class Cohere2 {
  static final Architecture ARCHITECTURE = new Architecture("cohere2", Cohere2::network);

  private static final int GLOBAL_STEP = 4;

  private Cohere2() {}

  private static Network network(Keys keys) throws FormatException {
    boolean[] isLocal = keys.windows(layer -> (layer + 1) % GLOBAL_STEP != 0);
    return CommandR.parallel(keys)
        .attention(
            HeadAttention.builder(keys)
                .rotary(Rotary.Order.NEIGHBOURS)
                .rotatedLayers(layer -> isLocal[layer])
                .windows(layer -> isLocal[layer], keys.count("attention.sliding_window")))
        .build();
  }
}
