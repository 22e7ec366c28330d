package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.ExpertNetwork;
import dev.zonda.verify.network.FeedForward;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Norm;
import dev.zonda.verify.network.Rotary;
import dev.zonda.verify.network.Routing;
import java.util.Optional;

/// North Mini Code: Cohere 2 with experts on all layers but the first ones, which have positions
/// whether they have a window or not.
final class Cohere2Moe {
  static final Architecture ARCHITECTURE = new Architecture("cohere2moe", Cohere2Moe::network);

  private static final int GLOBAL_STEP = 4;

  private Cohere2Moe() {}

  private static Network network(Keys keys) throws FormatException {
    boolean[] isLocal = keys.windows(layer -> layer % GLOBAL_STEP != 0);
    int dense = keys.countOrZero("leading_dense_block_count");
    FeedForward others = experts(keys);
    FeedForward first = dense > 0 ? DenseNetwork.gated(keys, ActivationFunction.SILU) : others;
    return CommandR.parallel(keys)
        .norm(keys.has("attention.layer_norm_rms_epsilon") ? Norm.rms(keys) : Norm.layer(keys))
        .attention(
            HeadAttention.builder(keys)
                .rotary(Rotary.Order.NEIGHBOURS)
                .rotatedLayers(layer -> isLocal[layer] || layer < dense)
                .windows(layer -> isLocal[layer], keys.count("attention.sliding_window")))
        .feedForward(layer -> layer < dense ? first : others)
        .build();
  }

  /// With shared experts, the average of what they and the chosen ones give.
  private static FeedForward experts(Keys keys) throws FormatException {
    Routing routing = DeepSeek.routing(keys, Routing.Gate.SIGMOID, Routing.GroupScore.BEST_TWO);
    ExpertNetwork alone = ExpertNetwork.of(keys, ActivationFunction.SILU, routing);
    int count = keys.countOrZero("expert_shared_count");
    if (count == 0) {
      return alone;
    }
    int length = keys.count("expert_shared_feed_forward_length");
    float part = keys.flag("expert_shared_sum", false) ? 1 : 0.5f;
    return ExpertNetwork.of(keys, ActivationFunction.SILU, routing.scaled(routing.scale() * part))
        .with(new ExpertNetwork.Shared(length, false, "_shexp", part, Optional.empty()));
  }
}
