package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Norm;
import dev.zonda.verify.network.Rotary;

/// StarCoder 2: rotary positions, a feed-forward network without a gate. Only a checkpoint folder
/// names its window.
final class StarCoder2 {
  static final Architecture ARCHITECTURE = new Architecture("starcoder2", StarCoder2::network);

  private StarCoder2() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys)
        .norm(Norm.layer(keys))
        .attention(HeadAttention.builder(keys).rotary(Rotary.Order.HALVES).windows())
        .feedForward(DenseNetwork.plain(keys, ActivationFunction.TANGENT_GELU))
        .build();
  }
}
