package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Norm;
import dev.zonda.verify.network.Rotary;

/// CodeShell: StarCoder's network with rotary positions.
final class CodeShell {
  static final Architecture ARCHITECTURE = new Architecture("codeshell", CodeShell::network);

  private CodeShell() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys)
        .norm(Norm.layer(keys))
        .attention(HeadAttention.builder(keys).rotary(Rotary.Order.HALVES))
        .feedForward(DenseNetwork.plain(keys, ActivationFunction.TANGENT_GELU))
        .build();
  }
}
