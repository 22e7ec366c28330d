package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;

/// Gemma 1: scaled embeddings, and a network gated by GELU.
final class Gemma {
  static final Architecture ARCHITECTURE = new Architecture("gemma", Gemma::network);

  private Gemma() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys)
        .embeddingScale(Math.sqrt(keys.hidden()))
        .attention(HeadAttention.builder(keys).rotary(Rotary.Order.HALVES))
        .feedForward(DenseNetwork.gated(keys, ActivationFunction.TANGENT_GELU))
        .build();
  }
}
