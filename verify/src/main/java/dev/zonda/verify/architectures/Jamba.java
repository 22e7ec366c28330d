package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.ExpertNetwork;
import dev.zonda.verify.network.FeedForward;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.HeadAttentionBuilder;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Routing;
import dev.zonda.verify.network.SelectiveScan;

/// Jamba: selective scans, and on layers with heads of keys attention without positions; experts on
/// some layers.
final class Jamba {
  static final Architecture ARCHITECTURE = new Architecture("jamba", Jamba::network);

  private Jamba() {}

  private static Network network(Keys keys) throws FormatException {
    int[] keyHeads = keys.layerCountsOrZero("attention.head_count_kv");
    SelectiveScan scan = SelectiveScan.of(keys, SelectiveScan.Norms.WEIGHTED);
    HeadAttentionBuilder heads = HeadAttention.builder(keys);
    return Network.builder(keys)
        .attention(layer -> keyHeads[layer] == 0 ? scan : heads.build(layer))
        .feedForward(layer -> network(keys, layer))
        .build();
  }

  private static FeedForward network(Keys keys, int layer) throws FormatException {
    return keys.hasTensor("blk.%d.ffn_gate_inp.weight".formatted(layer))
        ? ExpertNetwork.of(keys, ActivationFunction.SILU, Routing.of(Routing.Gate.SOFTMAX))
        : DenseNetwork.gated(keys, ActivationFunction.SILU);
  }
}
