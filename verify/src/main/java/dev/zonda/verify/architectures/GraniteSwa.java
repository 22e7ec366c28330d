package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.FeedForward;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;

/// Granite with a sliding window on three of four layers, a sink in each head, and positions on
/// some layers only; also with experts.
final class GraniteSwa {
  static final Architecture ARCHITECTURE = new Architecture("granite_swa", GraniteSwa::network);

  private static final int GLOBAL_STEP = 4;

  private GraniteSwa() {}

  private static Network network(Keys keys) throws FormatException {
    boolean[] isRotated = keys.rotatedByFile();
    return Granite.scaled(keys)
        .attention(
            Granite.attention(keys)
                .sinks()
                .rotatedLayers(layer -> isRotated[layer])
                .windows(
                    layer -> layer % GLOBAL_STEP != 0,
                    keys.countOrZero("attention.sliding_window")))
        .feedForward(feedForward(keys))
        .build();
  }

  private static FeedForward feedForward(Keys keys) throws FormatException {
    return keys.countOrZero("expert_count") == 0
        ? DenseNetwork.gated(keys, ActivationFunction.SILU)
        : GraniteMoe.experts(keys);
  }
}
