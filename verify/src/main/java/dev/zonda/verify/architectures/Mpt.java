package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Norm;

/// MPT: scores that fall with the distance instead of positions (ALiBi); queries, keys and values
/// that may be bounded.
final class Mpt {
  static final Architecture ARCHITECTURE = new Architecture("mpt", Mpt::network);

  private Mpt() {}

  private static Network network(Keys keys) throws FormatException {
    boolean hasHeadNorms = keys.hasTensor("blk.0.attn_q_norm.weight");
    Network.Builder network =
        Network.builder(keys)
            .norm(Norm.layer(keys))
            .attention(
                HeadAttention.builder(keys)
                    .distanceBias(keys.optionalNumber("attention.max_alibi_bias").orElse(0))
                    .clamp(
                        keys.optionalNumber("attention.clamp_kqv").orElse(Double.POSITIVE_INFINITY))
                    .headNorms(
                        hasHeadNorms
                            ? HeadAttention.HeadNorms.ALL_HEADS
                            : HeadAttention.HeadNorms.NONE))
            .feedForward(DenseNetwork.plain(keys, ActivationFunction.EXACT_GELU));
    return (keys.hasTensor("position_embd.weight") ? network.learnedPositions() : network).build();
  }
}
