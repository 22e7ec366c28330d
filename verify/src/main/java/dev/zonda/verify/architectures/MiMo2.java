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

/// MiMo V2: layers with a window, sinks and more heads of keys, and some that see all; heads of
/// values that are shorter than those of keys, and scaled; experts on some layers.
final class MiMo2 {
  static final Architecture ARCHITECTURE = new Architecture("mimo2", MiMo2::network);

  private MiMo2() {}

  private static Network network(Keys keys) throws FormatException {
    boolean[] isLocal = keys.windows(layer -> false);
    HeadAttentionBuilder global = attention(keys).rotary(Rotary.builder(keys, Rotary.Order.HALVES));
    HeadAttentionBuilder local =
        attention(keys)
            .rotary(Rotary.builder(keys, Rotary.Order.HALVES).ofWindowAlike())
            .window(Window.sliding(keys.count("attention.sliding_window")));
    FeedForward dense = DenseNetwork.gated(keys, ActivationFunction.SILU);
    FeedForward experts = ExpertNetwork.of(keys, ActivationFunction.SILU, routing(keys));
    return Network.builder(keys)
        .attention(layer -> (isLocal[layer] ? local : global).build(layer))
        .feedForward(layer ->
            keys.hasTensor("blk.%d.ffn_gate_inp.weight".formatted(layer)) ? experts : dense)
        .build();
  }

  private static HeadAttentionBuilder attention(Keys keys) throws FormatException {
    return HeadAttention.builder(keys)
        .sinks(layer -> keys.hasTensor("blk.%d.attn_sinks.weight".formatted(layer)))
        .valueScale(keys.optionalNumber("attention.value_scale").orElse(1));
  }

  private static Routing routing(Keys keys) throws FormatException {
    Routing routing =
        Routing.of(Routing.Gate.SIGMOID)
            .scaled(keys.optionalNumber("expert_weights_scale").orElse(1))
            .grouped(
                keys.count("expert_group_count", 1),
                keys.count("expert_group_used_count", 1),
                Routing.GroupScore.BEST_TWO);
    return keys.flag("expert_weights_norm", true) ? routing.normalized() : routing;
  }
}
