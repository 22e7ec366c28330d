package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.ExpertNetwork;
import dev.zonda.verify.network.FeedForward;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Routing;

/// Granite with experts, and in some models one that all tokens go through.
final class GraniteMoe {
  static final Architecture ARCHITECTURE = new Architecture("granitemoe", GraniteMoe::network);

  private GraniteMoe() {}

  private static Network network(Keys keys) throws FormatException {
    return Granite.scaled(keys)
        .attention(Granite.attention(keys))
        .feedForward(experts(keys))
        .build();
  }

  static FeedForward experts(Keys keys) throws FormatException {
    ExpertNetwork experts =
        ExpertNetwork.of(
            keys, ActivationFunction.SILU, Routing.of(Routing.Gate.SOFTMAX).normalized());
    int shared = keys.countOrZero("expert_shared_feed_forward_length");
    return shared == 0 ? experts : experts.with(new ExpertNetwork.Shared(shared, false));
  }
}
