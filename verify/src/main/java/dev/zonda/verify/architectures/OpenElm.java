package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;

/// OpenELM: norms over each head of queries and keys; heads and the width of the network grow from
/// layer to layer.
final class OpenElm {
  static final Architecture ARCHITECTURE = new Architecture("openelm", OpenElm::network);

  private OpenElm() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys)
        .attention(
            HeadAttention.builder(keys)
                .headNorms(HeadAttention.HeadNorms.EACH_HEAD)
                .rotary(Rotary.Order.HALVES))
        .feedForward(DenseNetwork.gatedByLayer(keys, ActivationFunction.SILU))
        .build();
  }
}
