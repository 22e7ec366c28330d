package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.FeedForward;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.HeadAttentionBuilder;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;
import dev.zonda.verify.network.StateSpace;

/// Granite 4 with state spaces, and Bamba: layers without heads of keys have one.
final class GraniteHybrid {
  static final Architecture ARCHITECTURE =
      new Architecture("granitehybrid", GraniteHybrid::network);

  private GraniteHybrid() {}

  private static Network network(Keys keys) throws FormatException {
    int[] keyHeads = keys.layerCountsOrZero("attention.head_count_kv");
    StateSpace space = Mamba2.space(keys);
    HeadAttentionBuilder heads = HeadAttention.builder(keys);
    if (keys.flag("rope.scaling.finetuned", true)) {
      heads.rotary(Rotary.Order.NEIGHBOURS);
    }
    return Granite.scaled(keys, keys.number("logit_scale", 1))
        .attention(layer -> keyHeads[layer] == 0 ? space : heads.build(layer))
        .feedForward(feedForward(keys))
        .build();
  }

  private static FeedForward feedForward(Keys keys) throws FormatException {
    return keys.countOrZero("expert_count") == 0
        ? DenseNetwork.gated(keys, ActivationFunction.SILU)
        : GraniteMoe.experts(keys);
  }
}
