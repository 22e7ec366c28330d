package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activation;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.kernels.LimitedSilu;
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
import java.util.Optional;

/// Step 3.5: attention whose heads are gated, with a window and more heads on some layers, and half
/// of each head rotated on the others; experts next to a shared one, with limits on some layers.
final class Step35 {
  static final Architecture ARCHITECTURE = new Architecture("step35", Step35::network);

  /// Smaller limits are none.
  private static final double LEAST = 1e-6;

  private Step35() {}

  private static Network network(Keys keys) throws FormatException {
    boolean[] isLocal = keys.windows(layer -> false);
    int head = keys.count("attention.key_length");
    int rotated = keys.count("rope.dimension_count", head);
    int local = keys.count("rope.dimension_count_swa", rotated);
    int most = 0;
    for (boolean is : isLocal) {
      most = Math.max(most, is ? local : rotated / 2);
    }
    HeadAttentionBuilder all =
        attention(keys)
            .rotary(Rotary.builder(keys, Rotary.Order.HALVES).rotating(rotated / 2, most / 2));
    HeadAttentionBuilder windows =
        attention(keys)
            .rotary(Rotary.builder(keys, Rotary.Order.HALVES).ofWindowAlike().rotating(local, 0))
            .window(Window.sliding(Math.max(1, keys.countOrZero("attention.sliding_window"))));
    double[] limits = keys.layerNumbersOrZero("swiglu_clamp_exp");
    double[] others = keys.layerNumbersOrZero("swiglu_clamp_shexp");
    return Network.builder(keys)
        .attention(layer -> (isLocal[layer] ? windows : all).build(layer))
        .feedForward(layer -> network(keys, layer, limits[layer], others[layer]))
        .build();
  }

  private static HeadAttentionBuilder attention(Keys keys) throws FormatException {
    return HeadAttention.builder(keys)
        .headNorms(HeadAttention.HeadNorms.EACH_HEAD)
        .outputGate(HeadAttention.GateFunction.SIGMOID);
  }

  private static FeedForward network(Keys keys, int layer, double limit, double other)
      throws FormatException {
    Activation usual = FeedForward.activation(keys, ActivationFunction.SILU);
    Activation ofOthers = other > LEAST ? new LimitedSilu((float) other) : usual;
    if (!keys.hasTensor("blk.%d.ffn_gate_inp.weight".formatted(layer))) {
      return new DenseNetwork(keys.count("feed_forward_length"), ofOthers, true);
    }
    Routing routing = DeepSeek.routing(keys, Routing.Gate.SIGMOID, Routing.GroupScore.BEST_TWO);
    ExpertNetwork experts =
        limit > LEAST
            ? ExpertNetwork.limited(keys, new LimitedSilu((float) limit), routing)
            : ExpertNetwork.of(keys, ActivationFunction.SILU, routing);
    int shared = keys.count("expert_shared_feed_forward_length");
    return experts.with(new ExpertNetwork.Shared(shared, false, Optional.of(ofOthers)));
  }
}
