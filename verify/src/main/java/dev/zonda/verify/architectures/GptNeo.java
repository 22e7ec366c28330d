package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Norm;

/// GPT-Neo: GPT-2 with unscaled products of queries and keys, and a sliding window on some layers.
/// The layout of its files is zonda's own, described in docs/formats.md.
final class GptNeo {
  static final Architecture ARCHITECTURE = new Architecture("gptneo", GptNeo::network);

  private GptNeo() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys)
        .learnedPositions()
        .norm(Norm.layer(keys))
        .attention(
            HeadAttention.builder(keys)
                .windows(layer -> false, keys.count("attention.sliding_window")))
        .feedForward(DenseNetwork.plain(keys, ActivationFunction.TANGENT_GELU))
        .build();
  }
}
