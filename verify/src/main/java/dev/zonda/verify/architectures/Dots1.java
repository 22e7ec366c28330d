package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.FeedForward;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Routing;

/// dots.llm1: Qwen 3's attention with DeepSeek V3's experts.
final class Dots1 {
  static final Architecture ARCHITECTURE = new Architecture("dots1", Dots1::network);

  private Dots1() {}

  private static Network network(Keys keys) throws FormatException {
    int dense = keys.countOrZero("leading_dense_block_count");
    FeedForward first = DenseNetwork.gated(keys, ActivationFunction.SILU);
    FeedForward others =
        DeepSeek.experts(
            keys, DeepSeek.routing(keys, Routing.Gate.SIGMOID, Routing.GroupScore.BEST_TWO));
    return Network.builder(keys)
        .attention(Qwen3.attention(keys))
        .feedForward(layer -> layer < dense ? first : others)
        .build();
  }
}
