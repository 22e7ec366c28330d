package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Norm;
import dev.zonda.verify.network.Rotary;

/// Jais 2: rotary positions, a feed-forward network of squared ReLU without a gate.
final class Jais2 {
  static final Architecture ARCHITECTURE = new Architecture("jais2", Jais2::network);

  private Jais2() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys)
        .norm(Norm.layer(keys))
        .attention(HeadAttention.builder(keys).rotary(Rotary.Order.HALVES))
        .feedForward(DenseNetwork.plain(keys, ActivationFunction.SQUARED_RELU))
        .build();
  }
}
