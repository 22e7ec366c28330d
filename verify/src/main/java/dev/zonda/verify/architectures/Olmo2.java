package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.HeadAttentionBuilder;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;

/// OLMo 2 and 3: norms after the parts of a layer instead of before them, and of all queries and
/// all keys together; in OLMo 3 a sliding window on three of four layers, whose positions are not
/// stretched.
final class Olmo2 {
  static final Architecture ARCHITECTURE = new Architecture("olmo2", Olmo2::network);

  private static final int GLOBAL_STEP = 4;

  private Olmo2() {}

  private static Network network(Keys keys) throws FormatException {
    int window = keys.countOrZero("attention.sliding_window");
    HeadAttention global =
        attention(keys).rotary(Rotary.builder(keys, Rotary.Order.HALVES)).build();
    HeadAttention local =
        attention(keys)
            .rotary(Rotary.builder(keys, Rotary.Order.HALVES).ofWindowAlike())
            .slidingWindow(window)
            .build();
    boolean[] isLocal = keys.windows(layer -> (layer + 1) % GLOBAL_STEP != 0);
    return Network.builder(keys)
        .withoutNormsBefore()
        .postNorms("post_attention_norm", "post_ffw_norm")
        .attention(layer -> window > 0 && isLocal[layer] ? local : global)
        .build();
  }

  private static HeadAttentionBuilder attention(Keys keys) throws FormatException {
    return HeadAttention.builder(keys).headNorms(HeadAttention.HeadNorms.ALL_HEADS);
  }
}
