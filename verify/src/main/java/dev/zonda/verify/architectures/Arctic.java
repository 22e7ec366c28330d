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

/// Arctic: a dense network as wide as the residual stream behind attention, and beside both experts
/// that see what the layer sees.
final class Arctic {
  static final Architecture ARCHITECTURE = new Architecture("arctic", Arctic::network);

  private Arctic() {}

  private static Network network(Keys keys) throws FormatException {
    Routing routing = Routing.of(Routing.Gate.SOFTMAX).normalized();
    ActivationFunction activation = FeedForward.activation(keys, ActivationFunction.SILU);
    return Network.builder(keys)
        .attention(HeadAttention.builder(keys).rotary(Rotary.Order.NEIGHBOURS))
        .feedForward(new DenseNetwork(keys.hidden(), activation, true))
        .beside("ffn_norm_exps", ExpertNetwork.of(keys, ActivationFunction.SILU, routing))
        .build();
  }
}
