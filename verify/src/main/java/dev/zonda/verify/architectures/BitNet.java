package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;

/// BitNet b1.58: Llama's network with a norm before the last matrix of each part of a layer.
final class BitNet {
  static final Architecture ARCHITECTURE = new Architecture("bitnet", BitNet::network);

  private BitNet() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys)
        .attention(HeadAttention.builder(keys).rotary(Rotary.Order.HALVES).outputNorm())
        .feedForward(DenseNetwork.gated(keys, ActivationFunction.SILU).withOutputNorm())
        .build();
  }
}
