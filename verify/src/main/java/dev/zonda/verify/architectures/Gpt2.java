package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Norm;

/// GPT-2 and ruGPT-3 XL: learned positions. Only a checkpoint folder names blocks of tokens that
/// heads see.
final class Gpt2 {
  static final Architecture ARCHITECTURE = new Architecture("gpt2", Gpt2::network);

  private Gpt2() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys)
        .learnedPositions()
        .norm(Norm.layer(keys))
        .attention(HeadAttention.builder(keys).layerScales().sparseBlocks())
        .feedForward(DenseNetwork.plain(keys, ActivationFunction.TANGENT_GELU))
        .build();
  }
}
