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

/// Ling and Ring 1: many small experts next to shared ones.
final class Ling {
  static final Architecture ARCHITECTURE = new Architecture("bailingmoe", Ling::network);

  private Ling() {}

  private static Network network(Keys keys) throws FormatException {
    Routing routing =
        Routing.of(Routing.Gate.SOFTMAX)
            .scaled(keys.optionalNumber("expert_weights_scale").orElse(1));
    return Network.builder(keys)
        .attention(HeadAttention.builder(keys).rotary(Rotary.Order.NEIGHBOURS))
        .feedForward(
            layers(keys, normalized(keys, routing), keys.countOrZero("expert_feed_forward_length")))
        .build();
  }

  /// A routing whose weights add up to one, if the metadata say so.
  static Routing normalized(Keys keys, Routing routing) throws FormatException {
    return keys.flag("expert_weights_norm", false) ? routing.normalized() : routing;
  }

  /// Experts on all layers but the first ones.
  ///
  /// @param sharedLength features inside one of the shared experts
  static Network.PerLayer<FeedForward> layers(Keys keys, Routing routing, int sharedLength)
      throws FormatException {
    int dense = keys.countOrZero("leading_dense_block_count");
    ExpertNetwork experts = ExpertNetwork.of(keys, ActivationFunction.SILU, routing);
    FeedForward others =
        experts.withShared(keys, keys.countOrZero("expert_shared_count"), sharedLength);
    if (dense == 0) {
      return layer -> others;
    }
    FeedForward first = DenseNetwork.gated(keys, ActivationFunction.SILU);
    return layer -> layer < dense ? first : others;
  }
}
