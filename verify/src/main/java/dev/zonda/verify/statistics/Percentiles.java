package dev.zonda.verify.statistics;

import java.util.Arrays;

/// Percentiles of samples, interpolated linearly between neighbours.
public final class Percentiles {
  private final double[] sorted;
  private final double scale;

  /// @param scale factor of what [#at] returns
  public Percentiles(double[] samples, double scale) {
    this.sorted = samples.clone();
    this.scale = scale;
    Arrays.sort(sorted);
  }

  /// @param fraction 0 for the smallest sample, 1 for the largest
  public double at(double fraction) {
    double place = fraction * (sorted.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.length - 1);
    double weight = place - below;
    return scale * ((1 - weight) * sorted[below] + weight * sorted[above]);
  }
}
