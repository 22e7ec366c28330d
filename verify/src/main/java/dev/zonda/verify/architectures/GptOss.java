package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.BoundedSilu;
import dev.zonda.verify.network.ExpertNetwork;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;
import dev.zonda.verify.network.Routing;

/// gpt-oss: experts with biases, attention with a sink per head, on every other layer within a
/// sliding window.
final class GptOss {
  static final Architecture ARCHITECTURE = new Architecture("gpt-oss", GptOss::network);

  /// The values of all published models.
  private static final double LIMIT = 7;

  private static final double STEEPNESS = 1.702;

  private GptOss() {}

  private static Network network(Keys keys) throws FormatException {
    BoundedSilu activation =
        new BoundedSilu(
            (float) keys.number("swiglu.limit", LIMIT),
            (float) keys.number("swiglu.steepness", STEEPNESS));
    return Network.builder(keys)
        .norms("attn_norm", "post_attention_norm")
        .attention(
            HeadAttention.builder(keys)
                .rotary(Rotary.builder(keys, Rotary.Order.HALVES).exactRamp())
                .sinks()
                .windows(layer -> layer % 2 == 0, keys.countOrZero("attention.sliding_window")))
        .feedForward(
            ExpertNetwork.bounded(keys, activation, Routing.of(Routing.Gate.SOFTMAX_OF_CHOSEN)))
        .build();
  }
}
