package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.ExpertNetwork;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Routing;

/// Hy3: Qwen 3's attention, and experts chosen by a sigmoid and a bias beside a shared one.
final class HyV3 {
  static final Architecture ARCHITECTURE = new Architecture("hy_v3", HyV3::network);

  private HyV3() {}

  private static Network network(Keys keys) throws FormatException {
    Routing routing = DeepSeek.routing(keys, Routing.Gate.SIGMOID, Routing.GroupScore.BEST);
    ExpertNetwork experts = ExpertNetwork.of(keys, ActivationFunction.SILU, routing);
    int shared = keys.count("expert_shared_feed_forward_length", experts.length());
    return Network.builder(keys)
        .attention(Qwen3.attention(keys))
        .feedForward(Qwen2Moe.layers(keys, experts.with(new ExpertNetwork.Shared(shared, false))))
        .build();
  }
}
