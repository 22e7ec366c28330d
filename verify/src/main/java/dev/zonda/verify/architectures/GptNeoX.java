package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Norm;
import dev.zonda.verify.network.Rotary;

/// GPT-NeoX and Pythia: rotary positions on a part of each head, attention and feed-forward network
/// side by side after a norm each, unless the model says otherwise.
final class GptNeoX {
  static final Architecture ARCHITECTURE = new Architecture("gptneox", GptNeoX::network);

  private GptNeoX() {}

  private static Network network(Keys keys) throws FormatException {
    Network.Builder network =
        Network.builder(keys)
            .norm(Norm.layer(keys))
            .attention(HeadAttention.builder(keys).rotary(Rotary.Order.HALVES))
            .feedForward(DenseNetwork.plain(keys, ActivationFunction.EXACT_GELU));
    return (keys.flag("use_parallel_residual", true) ? network.parallel() : network).build();
  }
}
