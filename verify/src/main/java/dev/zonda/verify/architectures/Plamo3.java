package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.HeadAttentionBuilder;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;

/// PLaMo 3: norms before and after each part of a layer, and over each head of queries and keys; a
/// sliding window, with a rotation of its own, on all layers but every eighth.
final class Plamo3 {
  static final Architecture ARCHITECTURE = new Architecture("plamo3", Plamo3::network);

  private static final int USUAL_STEP = 8;

  private Plamo3() {}

  private static Network network(Keys keys) throws FormatException {
    int window = keys.countOrZero("attention.sliding_window");
    HeadAttention whole = attention(keys).rotary(Rotary.Order.HALVES).build();
    HeadAttention local =
        attention(keys)
            .rotary(Rotary.builder(keys, Rotary.Order.HALVES).ofWindow())
            .slidingWindow(window)
            .build();
    boolean[] isLocal = keys.windows(layer -> (layer + 1) % USUAL_STEP != 0);
    return Network.builder(keys)
        .postNorms("post_attention_norm", "post_ffw_norm")
        .attention(layer -> window > 0 && isLocal[layer] ? local : whole)
        .build();
  }

  private static HeadAttentionBuilder attention(Keys keys) throws FormatException {
    return HeadAttention.builder(keys).headNorms(HeadAttention.HeadNorms.EACH_HEAD);
  }
}
