package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;
import dev.zonda.verify.network.Routing;

/// The first DeepSeek with experts: many small ones next to shared ones.
final class DeepSeekMoe {
  static final Architecture ARCHITECTURE = new Architecture("deepseek", DeepSeekMoe::network);

  private DeepSeekMoe() {}

  private static Network network(Keys keys) throws FormatException {
    Routing routing =
        Routing.of(Routing.Gate.SOFTMAX)
            .scaled(keys.optionalNumber("expert_weights_scale").orElse(1));
    return Network.builder(keys)
        .attention(HeadAttention.builder(keys).rotary(Rotary.Order.NEIGHBOURS))
        .feedForward(
            Ling.layers(
                keys,
                Ling.normalized(keys, routing),
                keys.countOrZero("expert_feed_forward_length")))
        .build();
  }
}
