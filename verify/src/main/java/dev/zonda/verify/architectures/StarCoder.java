package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Norm;

/// StarCoder and SantaCoder: learned positions, one key and one value for all heads.
final class StarCoder {
  static final Architecture ARCHITECTURE = new Architecture("starcoder", StarCoder::network);

  private StarCoder() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys)
        .learnedPositions()
        .norm(Norm.layer(keys))
        .attention(HeadAttention.builder(keys))
        .feedForward(DenseNetwork.plain(keys, ActivationFunction.TANGENT_GELU))
        .build();
  }
}
