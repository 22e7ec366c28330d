package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.Attention;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.FeedForward;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.HeadAttentionBuilder;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.NoAttention;
import dev.zonda.verify.network.NoNetwork;
import dev.zonda.verify.network.Rotary;

/// DeciLM and the Nemotrons made of Llama: Llama's network, in which each layer has its own number
/// of key heads, and its own width, or lacks a part.
final class Deci {
  static final Architecture ARCHITECTURE = new Architecture("deci", Deci::network);

  private Deci() {}

  private static Network network(Keys keys) throws FormatException {
    int[] heads = keys.layerCountsOrZero("attention.head_count");
    int[] keyHeads =
        keys.has("attention.head_count_kv")
            ? keys.layerCountsOrZero("attention.head_count_kv")
            : heads;
    int[] lengths = keys.layerCountsOrZero("feed_forward_length");
    HeadAttentionBuilder attention = HeadAttention.builder(keys).rotary(Rotary.Order.NEIGHBOURS);
    Network.PerLayer<Attention> ofLayers = attention.layers();
    Network.PerLayer<FeedForward> networks =
        DenseNetwork.gatedByLayer(keys, ActivationFunction.SILU);
    return Network.builder(keys)
        .attention(
            layer -> keyHeads[layer] == 0 ? new NoAttention(heads[layer] > 0) : ofLayers.of(layer))
        .feedForward(layer -> lengths[layer] == 0 ? new NoNetwork() : networks.of(layer))
        .build();
  }
}
