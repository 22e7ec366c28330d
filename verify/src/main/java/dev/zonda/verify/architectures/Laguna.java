package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.kernels.Window;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.ExpertNetwork;
import dev.zonda.verify.network.FeedForward;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.HeadAttentionBuilder;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;
import dev.zonda.verify.network.Routing;

/// Laguna: attention whose result is gated; on all but every fourth layer a window, with more heads
/// and a rotary embedding of its own; experts next to a shared one.
final class Laguna {
  static final Architecture ARCHITECTURE = new Architecture("laguna", Laguna::network);

  private static final int GLOBAL_STEP = 4;

  private Laguna() {}

  private static Network network(Keys keys) throws FormatException {
    int window = keys.countOrZero("attention.sliding_window");
    boolean[] isLocal =
        window > 0 ? keys.windows(layer -> layer % GLOBAL_STEP != 0) : new boolean[keys.layers()];
    HeadAttentionBuilder global = attention(keys).rotary(Rotary.builder(keys, Rotary.Order.HALVES));
    HeadAttentionBuilder local =
        attention(keys)
            .rotary(Rotary.builder(keys, Rotary.Order.HALVES).ofWindow())
            .window(window > 0 ? Window.sliding(window) : Window.ALL);
    Routing routing = DeepSeek.routing(keys, Routing.Gate.SIGMOID, Routing.GroupScore.BEST_TWO);
    int shared = keys.count("expert_shared_feed_forward_length");
    FeedForward experts =
        ExpertNetwork.of(keys, ActivationFunction.SILU, routing).withShared(keys, 1, shared);
    FeedForward dense = DenseNetwork.gated(keys, ActivationFunction.SILU);
    return Network.builder(keys)
        .attention(layer -> (isLocal[layer] ? local : global).build(layer))
        .feedForward(layer ->
            keys.hasTensor("blk.%d.ffn_gate_inp.weight".formatted(layer)) ? experts : dense)
        .build();
  }

  private static HeadAttentionBuilder attention(Keys keys) throws FormatException {
    return HeadAttention.builder(keys)
        .headNorms(HeadAttention.HeadNorms.EACH_HEAD)
        .outputGate(HeadAttention.GateFunction.SOFTPLUS);
  }
}
