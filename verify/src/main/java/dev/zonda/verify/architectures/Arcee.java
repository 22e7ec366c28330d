package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;

/// Arcee's foundation models: Llama's network, whose feed-forward network has no gate and the
/// square of a ReLU.
final class Arcee {
  static final Architecture ARCHITECTURE = new Architecture("arcee", Arcee::network);

  private Arcee() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys)
        .attention(HeadAttention.builder(keys).rotary(Rotary.Order.NEIGHBOURS))
        .feedForward(DenseNetwork.plain(keys, ActivationFunction.SQUARED_RELU))
        .build();
  }
}
