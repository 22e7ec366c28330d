package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Norm;
import dev.zonda.verify.network.Rotary;

/// Nemotron 4, Minitron and Nemotron Mini: layer norms, rotary positions on a part of each head,
/// and a feed-forward network without a gate.
final class Nemotron {
  static final Architecture ARCHITECTURE = new Architecture("nemotron", Nemotron::network);

  private Nemotron() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys)
        .norm(Norm.layer(keys))
        .attention(HeadAttention.builder(keys).rotary(Rotary.Order.HALVES))
        .feedForward(DenseNetwork.plain(keys, ActivationFunction.SQUARED_RELU))
        .build();
  }
}
