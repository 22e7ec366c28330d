package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.ExpertNetwork;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.HeadAttentionBuilder;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;
import dev.zonda.verify.network.Routing;

/// SmallThinker: experts with ReLU, which are chosen by what a layer sees, before its attention.
final class SmallThinker {
  static final Architecture ARCHITECTURE = new Architecture("smallthinker", SmallThinker::network);

  /// The window of all published models that have one, whatever the metadata say.
  private static final int WINDOW = 4096;

  private static final int GLOBAL_STEP = 4;

  private SmallThinker() {}

  private static Network network(Keys keys) throws FormatException {
    boolean hasWindows = keys.countOrZero("attention.sliding_window") > 0;
    int window = keys.count("attention.window_length", WINDOW);
    HeadAttentionBuilder attention =
        HeadAttention.builder(keys)
            .rotary(Rotary.Order.HALVES)
            .rotatedLayers(layer -> !hasWindows || layer % GLOBAL_STEP != 0)
            .windows(layer -> layer % GLOBAL_STEP != 0, hasWindows ? window : 0);
    Routing routing =
        DeepSeek.routing(keys, Routing.Gate.SOFTMAX, Routing.GroupScore.BEST).normalized();
    return Network.builder(keys)
        .attention(attention)
        .feedForward(ExpertNetwork.of(keys, ActivationFunction.RELU, routing).routedAhead())
        .build();
  }
}
