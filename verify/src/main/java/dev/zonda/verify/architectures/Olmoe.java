package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.ExpertNetwork;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;
import dev.zonda.verify.network.Routing;

/// OLMoE: experts, and norms of all queries and all keys together.
final class Olmoe {
  static final Architecture ARCHITECTURE = new Architecture("olmoe", Olmoe::network);

  private Olmoe() {}

  private static Network network(Keys keys) throws FormatException {
    Routing routing = Routing.of(Routing.Gate.SOFTMAX);
    boolean isNormalized = keys.flag("expert_weights_norm", false);
    return Network.builder(keys)
        .attention(
            HeadAttention.builder(keys)
                .headNorms(HeadAttention.HeadNorms.ALL_HEADS)
                .clampNormed(
                    keys.optionalNumber("attention.clamp_kqv").orElse(Double.POSITIVE_INFINITY))
                .rotary(Rotary.Order.HALVES))
        .feedForward(
            ExpertNetwork.of(
                keys, ActivationFunction.SILU, isNormalized ? routing.normalized() : routing))
        .build();
  }
}
