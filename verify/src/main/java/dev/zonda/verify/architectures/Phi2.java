package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Norm;
import dev.zonda.verify.network.Rotary;

/// Phi 1, 1.5 and 2: attention and feed-forward network side by side after one norm. Published
/// models have no norms of queries and keys.
final class Phi2 {
  static final Architecture ARCHITECTURE = new Architecture("phi2", Phi2::network);

  private Phi2() {}

  private static Network network(Keys keys) throws FormatException {
    boolean hasHeadNorms = keys.hasTensor("blk.0.attn_q_norm.weight");
    return Network.builder(keys)
        .norm(Norm.layer(keys))
        .parallel()
        .norms("attn_norm", "attn_norm")
        .attention(
            HeadAttention.builder(keys)
                .rotary(Rotary.Order.HALVES)
                .headNorms(
                    hasHeadNorms
                        ? HeadAttention.HeadNorms.EACH_HEAD
                        : HeadAttention.HeadNorms.NONE))
        .feedForward(DenseNetwork.plain(keys, ActivationFunction.TANGENT_GELU))
        .build();
  }
}
