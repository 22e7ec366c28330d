package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.ExpertNetwork;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.HeadAttentionBuilder;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;
import dev.zonda.verify.network.Routing;

/// Mellum 2: norms over each head of queries and keys, experts, and on most layers a window and a
/// base frequency of their own.
final class Mellum {
  static final Architecture ARCHITECTURE = new Architecture("mellum", Mellum::network);

  private static final int GLOBAL_STEP = 4;

  private Mellum() {}

  private static Network network(Keys keys) throws FormatException {
    int window = keys.countOrZero("attention.sliding_window");
    HeadAttention global =
        attention(keys).rotary(Rotary.builder(keys, Rotary.Order.HALVES)).build();
    HeadAttention local =
        attention(keys)
            .rotary(Rotary.builder(keys, Rotary.Order.HALVES).ofWindow())
            .slidingWindow(window)
            .build();
    boolean[] isLocal = keys.windows(layer -> (layer + 1) % GLOBAL_STEP != 0);
    Routing routing = Routing.of(Routing.Gate.SOFTMAX);
    boolean isNormalized = keys.flag("expert_weights_norm", true);
    return Network.builder(keys)
        .attention(layer -> window > 0 && isLocal[layer] ? local : global)
        .feedForward(
            Qwen2Moe.layers(
                keys,
                ExpertNetwork.of(
                    keys, ActivationFunction.SILU, isNormalized ? routing.normalized() : routing)))
        .build();
  }

  private static HeadAttentionBuilder attention(Keys keys) throws FormatException {
    return HeadAttention.builder(keys).headNorms(HeadAttention.HeadNorms.EACH_HEAD);
  }
}
