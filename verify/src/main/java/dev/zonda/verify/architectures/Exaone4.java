package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.HeadAttentionBuilder;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;

/// EXAONE 4: norms behind both parts of a layer and none before them; where there are windows,
/// layers without one have no positions.
final class Exaone4 {
  static final Architecture ARCHITECTURE = new Architecture("exaone4", Exaone4::network);

  private static final int GLOBAL_STEP = 4;

  private Exaone4() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys)
        .withoutNormsBefore()
        .postNorms("post_attention_norm", "post_ffw_norm")
        .attention(attention(keys))
        .build();
  }

  /// Attention with windows, if the metadata name their length.
  static HeadAttentionBuilder attention(Keys keys) throws FormatException {
    int window = keys.countOrZero("attention.sliding_window");
    boolean[] isLocal = keys.windows(layer -> (layer + 1) % GLOBAL_STEP != 0);
    return HeadAttention.builder(keys)
        .headNorms(HeadAttention.HeadNorms.EACH_HEAD)
        .rotary(Rotary.Order.HALVES)
        .rotatedLayers(layer -> window == 0 || isLocal[layer])
        .windows(layer -> isLocal[layer], window);
  }
}
