package dev.zonda.verify.gates;

import java.util.Map;

/// The results of an earlier run for one candidate, chunk by chunk, so that a later run can be
/// compared on the same chunks.
///
/// @param means for each metric that is not a quantile, the mean of each chunk of the text
@SuppressWarnings("ArrayRecordComponent") // Read, never compared.
public record Baseline(Map<Metric, double[]> means) {
  public Baseline {
    means = Map.copyOf(means);
  }

  /// The metric's value over some chunks.
  double mean(Metric metric, int... chunks) {
    double sum = 0;
    for (int chunk : chunks) {
      sum += means.get(metric)[chunk];
    }
    return sum / chunks.length;
  }
}
