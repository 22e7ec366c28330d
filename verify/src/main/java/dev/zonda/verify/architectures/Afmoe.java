package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;
import dev.zonda.verify.network.Routing;

/// AFMoE: attention whose result is gated, with a window and rotary positions, or with neither on
/// every fourth layer; norms before and after each part; experts next to shared ones.
final class Afmoe {
  static final Architecture ARCHITECTURE = new Architecture("afmoe", Afmoe::network);

  private static final int GLOBAL_STEP = 4;

  private Afmoe() {}

  private static Network network(Keys keys) throws FormatException {
    Routing routing = DeepSeek.routing(keys, Routing.Gate.SIGMOID, Routing.GroupScore.BEST_TWO);
    return Network.builder(keys)
        .embeddingScale(keys.number("embedding_scale", Math.sqrt(keys.hidden())))
        .postNorms("post_attention_norm", "post_ffw_norm")
        .attention(
            HeadAttention.builder(keys)
                .rotary(Rotary.Order.HALVES)
                .rotatedLayers(layer -> (layer + 1) % GLOBAL_STEP != 0)
                .headNorms(HeadAttention.HeadNorms.EACH_HEAD)
                .outputGate(HeadAttention.GateFunction.SIGMOID)
                .windows(
                    layer -> (layer + 1) % GLOBAL_STEP != 0,
                    keys.countOrZero("attention.sliding_window")))
        .feedForward(Ling.layers(keys, routing, keys.count("expert_feed_forward_length")))
        .build();
  }
}
