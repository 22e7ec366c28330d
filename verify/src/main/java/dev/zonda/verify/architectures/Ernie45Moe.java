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

/// ERNIE 4.5 with experts on every so many layers but the first ones.
final class Ernie45Moe {
  static final Architecture ARCHITECTURE = new Architecture("ernie4_5-moe", Ernie45Moe::network);

  private Ernie45Moe() {}

  private static Network network(Keys keys) throws FormatException {
    int dense = keys.countOrZero("leading_dense_block_count");
    int step = keys.count("interleave_moe_layer_step", 1);
    FeedForward first = DenseNetwork.gated(keys, ActivationFunction.SILU);
    ExpertNetwork experts =
        ExpertNetwork.of(
            keys, ActivationFunction.SILU, Routing.of(Routing.Gate.SOFTMAX).normalized());
    int shared = keys.countOrZero("expert_shared_feed_forward_length");
    FeedForward others =
        shared == 0 ? experts : experts.with(new ExpertNetwork.Shared(shared, false));
    return Network.builder(keys)
        .attention(HeadAttention.builder(keys).rotary(Rotary.Order.NEIGHBOURS))
        .feedForward(layer -> layer >= dense && (layer + 1) % step == 0 ? others : first)
        .build();
  }
}
