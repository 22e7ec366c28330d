package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.ExpertNetwork;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.HeadAttention.HeadNorms;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;
import dev.zonda.verify.network.Routing;

/// MiniMax M2: queries and keys normed over all heads, a part of each head rotated, and experts
/// chosen by a sigmoid and a bias.
final class MiniMaxM2 {
  static final Architecture ARCHITECTURE = new Architecture("minimax-m2", MiniMaxM2::network);

  private MiniMaxM2() {}

  private static Network network(Keys keys) throws FormatException {
    Routing routing =
        DeepSeek.routing(keys, Routing.Gate.SIGMOID, Routing.GroupScore.BEST).normalized();
    return Network.builder(keys)
        .attention(
            HeadAttention.builder(keys).rotary(Rotary.Order.HALVES).headNorms(HeadNorms.ALL_HEADS))
        .feedForward(ExpertNetwork.of(keys, ActivationFunction.SILU, routing))
        .build();
  }
}
