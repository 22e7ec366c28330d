package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.ExpertNetwork;
import dev.zonda.verify.network.FeedForward;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;
import dev.zonda.verify.network.Routing;

/// Llama 1 to 3, Mistral, Mixtral and their many descendants: rotary positions, grouped-query
/// attention that may be limited to a window, a gated network or experts.
final class Llama {
  static final Architecture ARCHITECTURE = new Architecture("llama", Llama::network);

  private Llama() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys)
        .attention(
            HeadAttention.builder(keys)
                .rotary(Rotary.Order.NEIGHBOURS)
                .slidingWindow(keys.countOrZero("attention.sliding_window")))
        .feedForward(feedForward(keys))
        .build();
  }

  private static FeedForward feedForward(Keys keys) throws FormatException {
    return keys.countOrZero("expert_count") == 0
        ? DenseNetwork.gated(keys, ActivationFunction.SILU)
        : ExpertNetwork.of(
            keys, ActivationFunction.SILU, Routing.of(Routing.Gate.SOFTMAX).normalized());
  }
}
