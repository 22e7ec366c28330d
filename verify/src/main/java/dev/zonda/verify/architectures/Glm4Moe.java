package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.FeedForward;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.HeadAttention.HeadNorms;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;
import dev.zonda.verify.network.Routing;

/// GLM 4.5 to 4.7 and Solar Open: a part of each head is rotated, and experts are chosen as in
/// DeepSeek V3. Only some of the models norm their heads.
final class Glm4Moe {
  static final Architecture ARCHITECTURE = new Architecture("glm4moe", Glm4Moe::network);

  private Glm4Moe() {}

  private static Network network(Keys keys) throws FormatException {
    boolean isNormed = keys.hasTensor("blk.0.attn_q_norm.weight");
    int dense = keys.countOrZero("leading_dense_block_count");
    FeedForward others =
        DeepSeek.experts(
            keys, DeepSeek.routing(keys, Routing.Gate.SIGMOID, Routing.GroupScore.BEST_TWO));
    // Solar Open has no such layer, and need not say how long it would be.
    FeedForward first = dense > 0 ? DenseNetwork.gated(keys, ActivationFunction.SILU) : others;
    return Network.builder(keys)
        .norms("attn_norm", "post_attention_norm")
        .attention(
            HeadAttention.builder(keys)
                .rotary(Rotary.Order.HALVES)
                .headNorms(isNormed ? HeadNorms.EACH_HEAD : HeadNorms.NONE))
        .feedForward(layer -> layer < dense ? first : others)
        .build();
  }
}
