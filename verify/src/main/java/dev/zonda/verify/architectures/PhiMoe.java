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

/// Phi 3.5 MoE: norms that subtract the mean, though the key names RMS norms; experts that are
/// weighted by the scores close to theirs.
final class PhiMoe {
  static final Architecture ARCHITECTURE = new Architecture("phimoe", PhiMoe::network);

  /// What published models have.
  private static final double JITTER = 0.01;

  private PhiMoe() {}

  private static Network network(Keys keys) throws FormatException {
    double jitter = keys.has("router_jitter") ? keys.signed("router_jitter", JITTER) : JITTER;
    return Network.builder(keys)
        .norm(new Norm(Norm.Kind.LAYER, Norm.rms(keys).epsilon()))
        .attention(
            HeadAttention.builder(keys)
                .rotary(Rotary.Order.HALVES)
                .slidingWindow(keys.countOrZero("attention.sliding_window")))
        .feedForward(
            ExpertNetwork.of(
                keys,
                ActivationFunction.SILU,
                Routing.of(Routing.Gate.SOFTMAX_OF_CLOSE).closeness(2 * jitter)))
        .build();
  }
}
