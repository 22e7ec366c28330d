package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;

/// The first Qwen: Llama's network with biases, whose feed-forward network has half the size that
/// the metadata name.
final class Qwen {
  static final Architecture ARCHITECTURE = new Architecture("qwen", Qwen::network);

  private Qwen() {}

  private static Network network(Keys keys) throws FormatException {
    DenseNetwork named = DenseNetwork.gated(keys, ActivationFunction.SILU);
    if (named.length() % 2 != 0) {
      throw keys.error(
          "has a feed-forward size of %d, expected an even one".formatted(named.length()));
    }
    DenseNetwork half = new DenseNetwork(named.length() / 2, named.activation(), true);
    return Network.builder(keys)
        .attention(HeadAttention.builder(keys).rotary(Rotary.Order.HALVES))
        .feedForward(half)
        .build();
  }
}
