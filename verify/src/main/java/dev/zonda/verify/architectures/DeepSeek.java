package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.ExpertNetwork;
import dev.zonda.verify.network.FeedForward;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.LatentAttention;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;
import dev.zonda.verify.network.Routing;
import dev.zonda.verify.network.Temperature;
import java.util.Optional;

/// DeepSeek V2, V3 and R1, GLM 4.7 Flash: latent attention; many small experts in groups, and a
/// shared one, on all layers but the first ones.
final class DeepSeek {
  static final Architecture ARCHITECTURE = new Architecture("deepseek2", DeepSeek::network);

  private static final int SOFTMAX = 1;
  private static final int SIGMOID = 2;

  private DeepSeek() {}

  private static Network network(Keys keys) throws FormatException {
    boolean isSigmoid = gate(keys, Routing.Gate.SOFTMAX) == Routing.Gate.SIGMOID;
    // Version 2 compares groups by their best expert, version 3 by two.
    var groupScore = isSigmoid ? Routing.GroupScore.BEST_TWO : Routing.GroupScore.BEST;
    return network(keys, groupScore, multiplier -> multiplier == 0 ? 0 : 1, Optional.empty());
  }

  /// A network with latent attention and experts.
  static Network network(
      Keys keys, Routing.GroupScore groupScore, Divisor divisor, Optional<Temperature> temperature)
      throws FormatException {
    // The key holds a tenth of the multiplier, for historical reasons.
    double multiplier = 10 * keys.signed("rope.scaling.yarn_log_multiplier", 0);
    int dense = keys.countOrZero("leading_dense_block_count");
    FeedForward first = DenseNetwork.gated(keys, ActivationFunction.SILU);
    FeedForward others =
        dense < keys.layers()
            ? experts(keys, routing(keys, Routing.Gate.SOFTMAX, groupScore))
            : first;
    return Network.builder(keys)
        .attention(
            LatentAttention.of(
                keys,
                Rotary.builder(keys, Rotary.Order.NEIGHBOURS).dividedBy(divisor.of(multiplier)),
                multiplier,
                temperature))
        .feedForward(layer -> layer < dense ? first : others)
        .build();
  }

  /// The multiplier by which the rotation's own magnitude is divided, which llama.cpp sets for each
  /// architecture.
  @FunctionalInterface
  interface Divisor {
    double of(double multiplier);
  }

  /// Experts and those that all tokens go through.
  static FeedForward experts(Keys keys, Routing routing) throws FormatException {
    ExpertNetwork experts = ExpertNetwork.of(keys, ActivationFunction.SILU, routing);
    return experts.withShared(keys, keys.countOrZero("expert_shared_count"), experts.length());
  }

  /// @param usual where the metadata do not say how scores become weights
  static Routing routing(Keys keys, Routing.Gate usual, Routing.GroupScore groupScore)
      throws FormatException {
    Routing routing =
        Routing.of(gate(keys, usual))
            .scaled(keys.optionalNumber("expert_weights_scale").orElse(1))
            .grouped(
                keys.count("expert_group_count", 1),
                keys.count("expert_group_used_count", 1),
                groupScore);
    return keys.flag("expert_weights_norm", false) ? routing.normalized() : routing;
  }

  private static Routing.Gate gate(Keys keys, Routing.Gate usual) throws FormatException {
    if (!keys.has("expert_gating_func")) {
      return usual;
    }
    int function = keys.count("expert_gating_func");
    return switch (function) {
      case SOFTMAX -> Routing.Gate.SOFTMAX;
      case SIGMOID -> Routing.Gate.SIGMOID;
      default ->
          throw keys.error(
              "has expert gating function %d, which cannot be evaluated".formatted(function));
    };
  }
}
