package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.ExpertNetwork;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Routing;

/// GroveMoE: Qwen 3 with experts, and a smaller one beside each two of them.
final class GroveMoe {
  static final Architecture ARCHITECTURE = new Architecture("grovemoe", GroveMoe::network);

  private GroveMoe() {}

  private static Network network(Keys keys) throws FormatException {
    ExpertNetwork experts =
        ExpertNetwork.of(
            keys, ActivationFunction.SILU, Routing.of(Routing.Gate.SOFTMAX).normalized());
    int group = keys.count("experts_per_group");
    if (experts.experts() % group != 0) {
      throw keys.error(
          "has %d experts, which are not groups of %d".formatted(experts.experts(), group));
    }
    int length = keys.count("expert_chunk_feed_forward_length");
    float scale = (float) keys.number("expert_group_scale");
    return Network.builder(keys)
        .attention(Qwen3.attention(keys))
        .feedForward(experts.with(new ExpertNetwork.Adjugates(group, length, scale)))
        .build();
  }
}
