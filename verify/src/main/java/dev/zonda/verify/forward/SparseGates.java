package dev.zonda.verify.forward;

import dev.zonda.verify.kernels.Activations;
import java.io.IOException;

/// Gates of which only those far above the mean of a token's count, by what they are above a bound.
final class SparseGates {
  private SparseGates() {}

  /// @param deviations of the bound from the mean, in standard deviations
  static void cut(Pass pass, Activations gates, float deviations) throws IOException {
    pass.machine()
        .eachStrip(
            gates.strips(),
            (strip, _) -> {
              for (int lane = 0; lane < gates.lanes(); lane++) {
                cut(gates, strip, lane, deviations);
              }
            });
  }

  private static void cut(Activations gates, int strip, int lane, float deviations) {
    float[] values = gates.values();
    double sum = 0;
    for (int f = 0; f < gates.features(); f++) {
      sum += values[gates.at(strip, f) + lane];
    }
    double mean = sum / gates.features();
    double squares = 0;
    for (int f = 0; f < gates.features(); f++) {
      double distance = values[gates.at(strip, f) + lane] - mean;
      squares += distance * distance;
    }
    float bound = (float) (mean + Math.sqrt(squares / gates.features()) * deviations);
    for (int f = 0; f < gates.features(); f++) {
      int at = gates.at(strip, f) + lane;
      values[at] = Math.max(0, values[at] - bound);
    }
  }
}
