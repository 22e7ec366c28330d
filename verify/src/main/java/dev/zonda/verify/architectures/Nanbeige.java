package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;

/// Nanbeige 4.2: Llama's network, whose layers a text may pass several times.
final class Nanbeige {
  static final Architecture ARCHITECTURE = new Architecture("nanbeige", Nanbeige::network);

  /// llama.cpp's own bound of all passes through layers.
  private static final int MOST_LAYERS = 512;

  private Nanbeige() {}

  private static Network network(Keys keys) throws FormatException {
    int loops = keys.count("num_loops", 1);
    if ((long) loops * keys.layers() > MOST_LAYERS) {
      throw keys.error(
          "passes %d layers %d times, which is more than %d"
              .formatted(keys.layers(), loops, MOST_LAYERS));
    }
    boolean isNormed = !keys.flag("skip_loop_final_norm", false);
    return Network.builder(keys)
        .attention(HeadAttention.builder(keys).rotary(Rotary.Order.NEIGHBOURS))
        .loops(new Network.Loops(loops, isNormed))
        .build();
  }
}
