package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;
import dev.zonda.verify.network.Routing;

/// Ling and Ring 2: experts that are scored by sigmoids and chosen from groups, next to shared
/// ones.
final class Ling2 {
  static final Architecture ARCHITECTURE = new Architecture("bailingmoe2", Ling2::network);

  private Ling2() {}

  private static Network network(Keys keys) throws FormatException {
    Routing routing = DeepSeek.routing(keys, Routing.Gate.SIGMOID, Routing.GroupScore.BEST_TWO);
    boolean hasNorms = keys.hasTensor("blk.0.attn_q_norm.weight");
    int one =
        keys.count("expert_shared_feed_forward_length", keys.count("expert_feed_forward_length"));
    return Network.builder(keys)
        .attention(
            HeadAttention.builder(keys)
                .rotary(Rotary.Order.HALVES)
                .headNorms(
                    hasNorms ? HeadAttention.HeadNorms.EACH_HEAD : HeadAttention.HeadNorms.NONE))
        .feedForward(Ling.layers(keys, routing, one))
        .build();
  }
}
