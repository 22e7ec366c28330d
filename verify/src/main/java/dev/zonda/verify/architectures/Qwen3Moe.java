package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.ExpertNetwork;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Routing;

/// Qwen 3 with experts.
final class Qwen3Moe {
  static final Architecture ARCHITECTURE = new Architecture("qwen3moe", Qwen3Moe::network);

  private Qwen3Moe() {}

  static Network network(Keys keys) throws FormatException {
    Routing routing = Routing.of(Routing.Gate.SOFTMAX);
    boolean isNormalized = keys.flag("expert_weights_norm", true);
    return Network.builder(keys)
        .attention(Qwen3.attention(keys))
        .feedForward(
            Qwen2Moe.layers(
                keys,
                ExpertNetwork.of(
                    keys, ActivationFunction.SILU, isNormalized ? routing.normalized() : routing)))
        .build();
  }
}
