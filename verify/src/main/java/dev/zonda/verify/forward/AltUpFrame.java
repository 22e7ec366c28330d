package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.kernels.WeightMatrix;
import dev.zonda.verify.network.AltUp;
import dev.zonda.verify.network.Network;
import java.io.IOException;

/// How the first layer's residual streams come from the embedding, and one from those of the last:
/// each but the first by a matrix, at the magnitude of the first.
///
/// @param in (streams - 1, hidden, hidden)
/// @param out likewise
record AltUpFrame(AltUp network, WeightMatrix in, WeightMatrix out) {
  private static final float LEAST = 1e-5f;

  static AltUpFrame of(AltUp altUp, Network network, Tensors tensors) throws FormatException {
    int others = altUp.streams() - 1;
    int hidden = network.hidden();
    return new AltUpFrame(
        altUp,
        tensors.matrix("altup_proj.weight", others, hidden, hidden),
        tensors.matrix("altup_unembd_proj.weight", others, hidden, hidden));
  }

  /// Fills the streams.
  ///
  /// @param x the embedding
  void begin(Pass pass, Activations x) throws IOException {
    Kept kept = pass.kept();
    pass.copy(x, kept.stream(0));
    for (int stream = 1; stream < network.streams(); stream++) {
      Activations other = kept.stream(stream);
      pass.multiply(in, stream - 1, network.streams() - 1, x, other);
      alike(pass, x, other);
    }
  }

  /// The mean of the streams.
  ///
  /// @param x takes it
  /// @param made scratch memory
  void end(Pass pass, Activations x, Activations made) throws IOException {
    Kept kept = pass.kept();
    pass.copy(kept.stream(0), x);
    for (int stream = 1; stream < network.streams(); stream++) {
      pass.multiply(out, stream - 1, network.streams() - 1, kept.stream(stream), made);
      alike(pass, kept.stream(0), made);
      pass.add(x, made);
    }
    pass.scale(x, 1f / network.streams());
  }

  /// Gives each token of `y` the magnitude that it has in `x`.
  private static void alike(Pass pass, Activations x, Activations y) throws IOException {
    pass.machine()
        .eachStrip(
            x.strips(),
            (strip, _) -> {
              for (int lane = 0; lane < x.lanes(); lane++) {
                float wanted = (float) Math.sqrt(energy(x, strip, lane));
                float found = (float) Math.sqrt(Math.max(energy(y, strip, lane), LEAST));
                for (int f = 0; f < y.features(); f++) {
                  int at = y.at(strip, f) + lane;
                  y.values()[at] = y.values()[at] * wanted / found;
                }
              }
            });
  }

  /// The mean of a token's squares.
  private static double energy(Activations x, int strip, int lane) {
    double sum = 0;
    for (int f = 0; f < x.features(); f++) {
      double value = x.values()[x.at(strip, f) + lane];
      sum += value * value;
    }
    return sum / x.features();
  }
}
