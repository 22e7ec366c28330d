package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.ExpertNetwork;
import dev.zonda.verify.network.ExpertsBeside;
import dev.zonda.verify.network.FeedForward;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.NoNetwork;
import java.io.IOException;
import java.util.Optional;

/// The feed-forward network of a layer, with its weights.
interface FeedForwardPart {
  /// @param x normed residual stream
  /// @param out what is to be added to the residual stream
  void run(Pass pass, Activations x, Activations out) throws IOException;

  /// Chooses experts by what the layer sees, if the network does.
  ///
  /// @param x residual stream before attention
  default Optional<Routes> routesAhead(Pass pass, Activations x) throws IOException {
    return Optional.empty();
  }

  /// @param ahead which experts are chosen already
  default void run(Pass pass, Activations x, Optional<Routes> ahead, Activations out)
      throws IOException {
    run(pass, x, out);
  }

  static FeedForwardPart of(Network network, int layer, Tensors tensors) throws FormatException {
    return of(network.layers().get(layer).feedForward(), network, layer, tensors);
  }

  static FeedForwardPart of(FeedForward part, Network network, int layer, Tensors tensors)
      throws FormatException {
    String block = "blk." + layer + ".";
    int hidden = network.hidden();
    return switch (part) {
      case DenseNetwork dense -> DensePart.of(dense, tensors, block, hidden, network.norm());
      case ExpertNetwork experts -> ExpertPart.of(experts, tensors, block, hidden);
      case ExpertsBeside both -> ExpertsBesidePart.of(both, tensors, block, hidden, network.norm());
      case NoNetwork _ -> new NoPart();
    };
  }

  /// Features of the workspace that a part takes.
  static int workFeatures(FeedForward network, int hidden) {
    return switch (network) {
      case DenseNetwork dense -> DensePart.workFeatures(dense);
      case ExpertNetwork experts -> ExpertPart.workFeatures(experts, hidden);
      case ExpertsBeside both -> ExpertsBesidePart.workFeatures(both, hidden);
      case NoNetwork _ -> 0;
    };
  }
}
