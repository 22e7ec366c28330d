package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.network.AltUp;
import dev.zonda.verify.network.Network;
import java.io.IOException;

/// How a layer predicts the residual streams from each other, and corrects them.
///
/// @param routerNorm before the router
/// @param router (streams, hidden)
/// @param prediction (streams * streams, streams)
/// @param correction (streams, streams)
/// @param scale (hidden) of the stream that the layer's input is multiplied by
@SuppressWarnings("ArrayRecordComponent") // Weights are read, never compared.
record AltUpPart(
    AltUp network,
    NormWeights routerNorm,
    Linear router,
    Linear prediction,
    Linear correction,
    float[] scale) {

  static AltUpPart of(AltUp altUp, Network network, String block, Tensors tensors)
      throws FormatException {
    int streams = altUp.streams();
    int hidden = network.hidden();
    return new AltUpPart(
        altUp,
        tensors.norm(block + "altup_router_norm", hidden, network.norm()),
        tensors.linear(block + "altup_router", streams, hidden),
        tensors.linear(block + "altup_predict_coef", streams * streams, streams),
        tensors.linear(block + "altup_correct_coef", streams, streams),
        tensors.vector(block + "altup_correct_scale.weight", hidden));
  }

  static int workFeatures(AltUp network) {
    return network.streams() * (network.streams() + 1);
  }

  /// Replaces each stream by its prediction.
  ///
  /// @param x takes that of the active one
  /// @param normed scratch memory
  void predict(Pass pass, Activations x, Activations normed) throws IOException {
    Kept kept = pass.kept();
    int count = network.streams();
    Activations modalities = modalities(pass, kept.stream(network.active()), normed);
    Activations factors = pass.work().take(count * count);
    pass.multiply(prediction, modalities, factors);
    pass.machine().eachStrip(x.strips(), (strip, _) -> predict(kept, factors, strip));
    pass.copy(kept.stream(network.active()), x);
  }

  private void predict(Kept kept, Activations factors, int strip) {
    int count = network.streams();
    int lanes = factors.lanes();
    int[] places = places(kept, strip);
    float[] values = kept.stream(0).values();
    float[] weights = factors.values();
    int weightsAt = factors.at(strip);
    float[] old = new float[count];
    int size = kept.stream(0).stripSize();
    for (int i = 0; i < size; i++) {
      int lane = i % lanes;
      for (int stream = 0; stream < count; stream++) {
        old[stream] = values[places[stream] + i];
      }
      for (int stream = 0; stream < count; stream++) {
        float sum = 0;
        for (int other = 0; other < count; other++) {
          sum += old[other] * weights[weightsAt + (stream * count + other) * lanes + lane];
        }
        values[places[stream] + i] = sum + old[stream];
      }
    }
  }

  /// Where the streams of a strip are.
  private int[] places(Kept kept, int strip) {
    int[] places = new int[network.streams()];
    for (int stream = 0; stream < places.length; stream++) {
      places[stream] = kept.stream(stream).at(strip);
    }
    return places;
  }

  /// Corrects all predictions.
  ///
  /// @param x what the layer has made of the active one; takes the corrected one, scaled
  /// @param normed scratch memory
  void correct(Pass pass, Activations x, Activations normed) throws IOException {
    Kept kept = pass.kept();
    Activations modalities = modalities(pass, x, normed);
    Activations factors = pass.work().take(network.streams());
    pass.multiply(correction, modalities, factors);
    pass.machine().eachStrip(x.strips(), (strip, _) -> correct(kept, x, factors, strip));
    pass.copy(kept.stream(network.active()), x);
    pass.scaleFeatures(x, scale);
  }

  private void correct(Kept kept, Activations x, Activations factors, int strip) {
    int lanes = factors.lanes();
    int[] places = places(kept, strip);
    float[] values = kept.stream(0).values();
    float[] weights = factors.values();
    int weightsAt = factors.at(strip);
    int from = x.at(strip);
    for (int i = 0; i < x.stripSize(); i++) {
      float change = x.values()[from + i] - values[places[network.active()] + i];
      for (int stream = 0; stream < places.length; stream++) {
        float factor = weights[weightsAt + stream * lanes + i % lanes] + 1;
        values[places[stream] + i] += change * factor;
      }
    }
  }

  /// Adds what the layer has made of its input to all streams but the first.
  ///
  /// @param x takes the active one
  void add(Pass pass, Activations made, Activations x) throws IOException {
    for (int stream = 1; stream < network.streams(); stream++) {
      pass.add(pass.kept().stream(stream), made);
    }
    pass.copy(pass.kept().stream(network.active()), x);
  }

  private Activations modalities(Pass pass, Activations stream, Activations normed)
      throws IOException {
    Activations modalities = pass.work().take(network.streams());
    pass.norm(routerNorm, stream, normed);
    pass.scale(normed, 1f / stream.features());
    pass.multiply(router, normed, modalities);
    pass.machine()
        .eachStrip(
            modalities.strips(),
            (strip, _) -> {
              int at = modalities.at(strip);
              for (int i = at; i < at + modalities.stripSize(); i++) {
                modalities.values()[i] = (float) StrictMath.tanh(modalities.values()[i]);
              }
            });
    return modalities;
  }
}
