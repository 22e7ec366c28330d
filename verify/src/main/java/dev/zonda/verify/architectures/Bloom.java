package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Norm;

/// BLOOM: scores that fall with the distance instead of positions (ALiBi), a norm after the
/// embedding.
final class Bloom {
  static final Architecture ARCHITECTURE = new Architecture("bloom", Bloom::network);

  private static final double MOST_BIAS = 8;

  private Bloom() {}

  private static Network network(Keys keys) throws FormatException {
    Network.Builder network = Network.builder(keys);
    if (keys.flag("residual_of_norm", false)) {
      network.residualOfNorm();
    }
    return network
        .embeddingNorm()
        .norm(Norm.layer(keys))
        .attention(HeadAttention.builder(keys).distanceBias(MOST_BIAS))
        .feedForward(DenseNetwork.plain(keys, ActivationFunction.TANGENT_GELU))
        .build();
  }
}
