package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.ExpertNetwork;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Norm;
import dev.zonda.verify.network.Rotary;
import dev.zonda.verify.network.Routing;

/// DBRX: layer norms, bounded queries, keys and values, experts on all layers.
final class Dbrx {
  static final Architecture ARCHITECTURE = new Architecture("dbrx", Dbrx::network);

  private Dbrx() {}

  private static Network network(Keys keys) throws FormatException {
    Routing routing = Routing.of(Routing.Gate.SOFTMAX);
    boolean isNormalized = keys.flag("expert_weights_norm", true);
    return Network.builder(keys)
        .norm(Norm.layer(keys))
        .norms("attn_norm", "attn_output_norm")
        .attention(
            HeadAttention.builder(keys)
                .rotary(Rotary.Order.HALVES)
                .clamp(keys.optionalNumber("attention.clamp_kqv").orElse(Double.POSITIVE_INFINITY)))
        .feedForward(
            ExpertNetwork.of(
                keys, ActivationFunction.SILU, isNormalized ? routing.normalized() : routing))
        .build();
  }
}
