package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Norm;
import dev.zonda.verify.network.Rotary;

/// Falcon: attention and feed-forward network side by side, after one norm (7B, 11B) or one each
/// (40B, 180B).
final class Falcon {
  static final Architecture ARCHITECTURE = new Architecture("falcon", Falcon::network);

  private Falcon() {}

  private static Network network(Keys keys) throws FormatException {
    boolean hasTwoNorms = keys.hasTensor("blk.0.attn_norm_2.weight");
    return Network.builder(keys)
        .norm(Norm.layer(keys))
        .parallel()
        .norms(hasTwoNorms ? "attn_norm_2" : "attn_norm", "attn_norm")
        .attention(HeadAttention.builder(keys).rotary(Rotary.Order.HALVES))
        .feedForward(DenseNetwork.plain(keys, ActivationFunction.EXACT_GELU))
        .build();
  }
}
