package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.network.LayerInputs;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.NoAttention;
import dev.zonda.verify.network.NoNetwork;
import java.io.IOException;
import java.util.Optional;

/// A layer with its weights.
///
/// @param outputScale a factor of the residual stream behind it, or empty
@SuppressWarnings("ArrayRecordComponent") // Weights are read, never compared.
record Layer(
    boolean isParallel,
    boolean isOfNorm,
    float scale,
    Optional<NormWeights> attentionNorm,
    AttentionPart attention,
    Optional<NormWeights> attentionPostNorm,
    Optional<NormWeights> feedForwardNorm,
    FeedForwardPart feedForward,
    Optional<NormWeights> feedForwardPostNorm,
    Optional<NormWeights> besideNorm,
    Optional<FeedForwardPart> beside,
    Optional<LayerInputPart> input,
    Optional<AltUpPart> altUp,
    Optional<LaurelPart> laurel,
    float[] outputScale) {

  static Layer of(Network network, int index, Tensors tensors) throws FormatException {
    String block = "blk." + index + ".";
    int hidden = network.hidden();
    Network.Residual residual = network.residual();
    Network.Layer parts = network.layers().get(index);
    boolean hasAttention = !(parts.attention() instanceof NoAttention(boolean left)) || left;
    boolean hasNetwork = !(parts.feedForward() instanceof NoNetwork);
    return new Layer(
        residual.isParallel(),
        residual.isOfNorm(),
        residual.scale(),
        hasAttention
            ? tensors.norm(residual.attentionNorm(), block, hidden, network.norm())
            : Optional.empty(),
        AttentionPart.of(network, index, tensors),
        tensors.norm(residual.attentionPostNorm(), block, hidden, network.norm()),
        hasNetwork
            ? tensors.norm(residual.feedForwardNorm(), block, hidden, network.norm())
            : Optional.empty(),
        FeedForwardPart.of(network, index, tensors),
        tensors.norm(residual.feedForwardPostNorm(), block, hidden, network.norm()),
        tensors.norm(network.beside().map(Network.Beside::norm), block, hidden, network.norm()),
        network.beside().isEmpty()
            ? Optional.empty()
            : Optional.of(
                FeedForwardPart.of(network.beside().get().network(), network, index, tensors)),
        network.inputs().isEmpty()
            ? Optional.empty()
            : Optional.of(LayerInputPart.of(network.inputs().get(), network, index, tensors)),
        network.altUp().isEmpty()
            ? Optional.empty()
            : Optional.of(AltUpPart.of(network.altUp().get(), network, block, tensors)),
        network.altUp().isEmpty()
            ? Optional.empty()
            : Optional.of(LaurelPart.of(network.altUp().get(), network, block, tensors)),
        network.outputScale().isEmpty()
            ? new float[0]
            : tensors.optionalVector(block + network.outputScale().get(), 1));
  }

  /// Features of the workspace that the layer with the greatest need takes; one at least, since
  /// layers may lack both their parts.
  static int workFeatures(Network network) {
    return network.layers().stream()
        .mapToInt(layer -> Math.max(1, workFeatures(network, layer)))
        .max()
        .orElseThrow();
  }

  private static int workFeatures(Network network, Network.Layer layer) {
    int attention = AttentionPart.workFeatures(layer.attention(), network.hidden());
    int feedForward = FeedForwardPart.workFeatures(layer.feedForward(), network.hidden());
    int parts =
        network.residual().isParallel()
            ? Math.max(attention, Math.addExact(feedForward, network.hidden()))
            : Math.max(attention, feedForward);
    int input = network.inputs().map(LayerInputs::length).orElse(0);
    int streams =
        network
            .altUp()
            .map(altUp ->
                Math.max(
                    AltUpPart.workFeatures(altUp),
                    LaurelPart.workFeatures(altUp, network.hidden())))
            .orElse(0);
    int all = Math.max(parts, Math.max(input, streams));
    if (network.beside().isEmpty()) {
      return all;
    }
    int beside = FeedForwardPart.workFeatures(network.beside().get().network(), network.hidden());
    return Math.addExact(Math.max(all, beside), network.hidden());
  }

  /// Adds to the residual stream what the layer makes of it.
  ///
  /// @param x the residual stream
  /// @param normed takes what parts see
  /// @param made takes what parts give
  void run(Pass pass, Activations x, Activations normed, Activations made) throws IOException {
    pass.work().reset();
    if (altUp.isPresent()) {
      altUp.get().predict(pass, x, normed);
    }
    if (beside.isPresent()) {
      Activations kept = pass.work().take(x.features());
      beside.get().run(pass, seen(pass, besideNorm, x, normed), kept);
      runParts(pass, x, normed, made, Optional.of(kept));
      pass.add(x, kept);
    } else {
      runParts(pass, x, normed, made, Optional.empty());
    }
    if (altUp.isPresent()) {
      pass.work().reset();
      altUp.get().correct(pass, x, normed);
    }
    if (input.isPresent()) {
      pass.work().reset();
      input.get().run(pass, x, made);
      if (altUp.isPresent()) {
        altUp.get().add(pass, made, x);
      } else {
        pass.add(x, made);
      }
    }
    if (outputScale.length > 0) {
      pass.scale(x, outputScale[0]);
    }
  }

  private void runParts(
      Pass pass, Activations x, Activations normed, Activations made, Optional<Activations> kept)
      throws IOException {
    reset(pass, kept);
    Optional<Routes> ahead = feedForward.routesAhead(pass, x);
    reset(pass, kept);
    attention.run(pass, seen(pass, attentionNorm, x, normed), made);
    if (attentionPostNorm.isPresent()) {
      pass.norm(attentionPostNorm.get(), made, made);
    }
    reset(pass, kept);

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
    if (laurel.isPresent()) {
      laurel.get().run(pass, normed, x);
    }
    reset(pass, kept);
    feedForward.run(pass, seen(pass, feedForwardNorm, x, normed), ahead, made);
    if (feedForwardPostNorm.isPresent()) {
      pass.norm(feedForwardPostNorm.get(), made, made);
    }
    add(pass, x, normed, made);
  }

  private static void reset(Pass pass, Optional<Activations> kept) {
    pass.work().reset();
    if (kept.isPresent()) {
      pass.work().reset(kept.get());
    }
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
