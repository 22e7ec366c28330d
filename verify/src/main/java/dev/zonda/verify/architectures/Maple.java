package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ClampedSilu;
import dev.zonda.verify.network.ExpertNetwork;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;
import dev.zonda.verify.network.Routing;

/// Maple: small experts with a bounded activation; norms over each head of queries and keys;
/// positions on layers with a window only.
final class Maple {
  static final Architecture ARCHITECTURE = new Architecture("maple", Maple::network);

  private Maple() {}

  private static Network network(Keys keys) throws FormatException {
    boolean[] isLocal = keys.windows(layer -> false);
    double[] limits = keys.numbers("swiglu_clamp_exp", keys.layers());
    Routing routing = Routing.of(Routing.Gate.SOFTMAX).normalized();
    return Network.builder(keys)
        .attention(
            HeadAttention.builder(keys)
                .headNorms(HeadAttention.HeadNorms.EACH_HEAD)
                .rotary(Rotary.Order.HALVES)
                .rotatedLayers(layer -> isLocal[layer])
                .windows())
        .feedForward(
            layer -> ExpertNetwork.clamped(keys, new ClampedSilu((float) limits[layer]), routing))
        .build();
  }
}
