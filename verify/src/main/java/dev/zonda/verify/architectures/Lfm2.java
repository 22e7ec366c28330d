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
import dev.zonda.verify.network.Rotary;
import dev.zonda.verify.network.Routing;
import dev.zonda.verify.network.ShortConvolution;

/// LFM2: on layers without heads of keys, sums over the last few tokens stand for attention.
final class Lfm2 {
  static final Architecture ARCHITECTURE = new Architecture("lfm2", Lfm2::network);

  /// With experts, which are chosen by sigmoids and biases.
  static final Architecture WITH_EXPERTS = new Architecture("lfm2moe", Lfm2::withExperts);

  private Lfm2() {}

  private static Network network(Keys keys) throws FormatException {
    return common(keys).build();
  }

  private static Network withExperts(Keys keys) throws FormatException {
    int dense = keys.countOrZero("leading_dense_block_count");
    Routing routing = DeepSeek.routing(keys, Routing.Gate.SIGMOID, Routing.GroupScore.BEST);
    FeedForward first = DenseNetwork.gated(keys, ActivationFunction.SILU);
    FeedForward others =
        ExpertNetwork.of(
            keys,
            ActivationFunction.SILU,
            keys.flag("expert_weights_norm", true) ? routing.normalized() : routing);
    return common(keys).feedForward(layer -> layer < dense ? first : others).build();
  }

  private static Network.Builder common(Keys keys) throws FormatException {
    if (!keys.flag("attention.causal", true)) {
      throw keys.error("sees later tokens (attention.causal is false), which cannot be evaluated");
    }
    int[] keyHeads = keys.layerCountsOrZero("attention.head_count_kv");
    ShortConvolution sums = new ShortConvolution(keys.count("shortconv.l_cache"));
    HeadAttentionBuilder heads =
        HeadAttention.builder(keys)
            .headNorms(HeadAttention.HeadNorms.EACH_HEAD)
            .rotary(Rotary.Order.HALVES)
            .slidingWindow(keys.countOrZero("attention.sliding_window"));
    return Network.builder(keys)
        .outputNorm("token_embd_norm")
        .attention(layer -> keyHeads[layer] == 0 ? sums : heads.build(layer));
  }
}
