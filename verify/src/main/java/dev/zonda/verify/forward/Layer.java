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
    float scale,
    Optional<NormWeights> attentionNorm,
    AttentionPart attention,
    Optional<NormWeights> attentionPostNorm,
    Optional<NormWeights> feedForwardNorm,
    FeedForwardPart feedForward,
    Optional<NormWeights> feedForwardPostNorm) {

  static Layer of(Network network, int index, Tensors tensors) throws FormatException {
    String block = "blk." + index + ".";
    int hidden = network.hidden();
    Network.Residual residual = network.residual();
    return new Layer(
        residual.isParallel(),
        residual.isOfNorm(),
        residual.scale(),
        tensors.norm(residual.attentionNorm(), block, hidden, network.norm()),
        AttentionPart.of(network, index, tensors),
        tensors.norm(residual.attentionPostNorm(), block, hidden, network.norm()),
        tensors.norm(residual.feedForwardNorm(), block, hidden, network.norm()),
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
    Optional<Routes> ahead = feedForward.routesAhead(pass, x);
    pass.work().reset();
    attention.run(pass, seen(pass, attentionNorm, x, normed), made);
    if (attentionPostNorm.isPresent()) {
      pass.norm(attentionPostNorm.get(), made, made);
    }
    pass.work().reset();

    if (isParallel) {
      Activations beside = pass.work().take(x.features());
      feedForward.run(pass, seen(pass, feedForwardNorm, x, normed), ahead, beside);
      pass.scale(made, scale);
      pass.scale(beside, scale);
      pass.add(x, made);
      pass.add(x, beside);
      return;
    }
    add(pass, x, normed, made);
    feedForward.run(pass, seen(pass, feedForwardNorm, x, normed), ahead, made);
    if (feedForwardPostNorm.isPresent()) {
      pass.norm(feedForwardPostNorm.get(), made, made);
    }
    add(pass, x, normed, made);
  }

  /// What a part sees of the residual stream.
  private static Activations seen(
      Pass pass, Optional<NormWeights> norm, Activations x, Activations normed) throws IOException {
    if (norm.isEmpty()) {
      return x;
    }
    pass.norm(norm.get(), x, normed);
    return normed;
  }

  private void add(Pass pass, Activations x, Activations normed, Activations made)
      throws IOException {
    if (isOfNorm) {
      pass.copy(normed, x);
    }
    pass.scale(made, scale);
    pass.add(x, made);
  }
}
