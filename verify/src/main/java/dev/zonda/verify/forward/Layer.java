package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.network.Network;
import java.io.IOException;
import java.util.Optional;

/// A layer with its weights.
record Layer(
    boolean isParallel,
    boolean isOfNorm,
    NormWeights attentionNorm,
    AttentionPart attention,
    Optional<NormWeights> attentionPostNorm,
    NormWeights feedForwardNorm,
    FeedForwardPart feedForward,
    Optional<NormWeights> feedForwardPostNorm) {

  static Layer of(Network network, int index, Tensors tensors) throws FormatException {
    String block = "blk." + index + ".";
    int hidden = network.hidden();
    Network.Residual residual = network.residual();
    return new Layer(
        residual.isParallel(),
        residual.isOfNorm(),
        tensors.norm(block + residual.attentionNorm(), hidden, network.norm()),
        AttentionPart.of(network, index, tensors),
        tensors.norm(residual.attentionPostNorm(), block, hidden, network.norm()),
        tensors.norm(block + residual.feedForwardNorm(), hidden, network.norm()),
        FeedForwardPart.of(network, index, tensors),
        tensors.norm(residual.feedForwardPostNorm(), block, hidden, network.norm()));
  }

  /// Features of the workspace that the layer with the greatest need takes.
  static int workFeatures(Network network) {
    return network.layers().stream()
        .mapToInt(layer -> workFeatures(network, layer))
        .max()
        .orElseThrow();
  }

  private static int workFeatures(Network network, Network.Layer layer) {
    int attention = AttentionPart.workFeatures(layer.attention());
    int feedForward = FeedForwardPart.workFeatures(layer.feedForward(), network.hidden());
    return network.residual().isParallel()
        ? Math.max(attention, Math.addExact(feedForward, network.hidden()))
        : Math.max(attention, feedForward);
  }

  /// Adds to the residual stream what the layer makes of it.
  ///
  /// @param x the residual stream
  /// @param normed takes what parts see
  /// @param made takes what parts give
  void run(Pass pass, Activations x, Activations normed, Activations made) throws IOException {
    pass.work().reset();
    pass.norm(attentionNorm, x, normed);
    attention.run(pass, normed, made);
    if (attentionPostNorm.isPresent()) {
      pass.norm(attentionPostNorm.get(), made, made);
    }
    pass.work().reset();

    if (isParallel) {
      Activations beside = pass.work().take(x.features());
      pass.norm(feedForwardNorm, x, normed);
      feedForward.run(pass, normed, beside);
      pass.add(x, made);
      pass.add(x, beside);
      return;
    }
    add(pass, x, normed, made);
    pass.norm(feedForwardNorm, x, normed);
    feedForward.run(pass, normed, made);
    if (feedForwardPostNorm.isPresent()) {
      pass.norm(feedForwardPostNorm.get(), made, made);
    }
    add(pass, x, normed, made);
  }

  private void add(Pass pass, Activations x, Activations normed, Activations made)
      throws IOException {
    if (isOfNorm) {
      pass.copy(normed, x);
    }
    pass.add(x, made);
  }
}
