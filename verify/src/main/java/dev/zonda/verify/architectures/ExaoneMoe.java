package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.FeedForward;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Routing;

/// EXAONE with experts: the attention of EXAONE 4, and experts chosen as in DeepSeek V3.
final class ExaoneMoe {
  static final Architecture ARCHITECTURE = new Architecture("exaone-moe", ExaoneMoe::network);

  private ExaoneMoe() {}

  private static Network network(Keys keys) throws FormatException {
    int dense = keys.countOrZero("leading_dense_block_count");
    FeedForward first = DenseNetwork.gated(keys, ActivationFunction.SILU);
    FeedForward others =
        dense < keys.layers()
            ? DeepSeek.experts(
                keys, DeepSeek.routing(keys, Routing.Gate.SIGMOID, Routing.GroupScore.BEST_TWO))
            : first;
    return Network.builder(keys)
        .attention(Exaone4.attention(keys))
        .feedForward(layer -> layer < dense ? first : others)
        .build();
  }
}
