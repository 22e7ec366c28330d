package dev.zonda.verify.statistics;

/// Student's t distribution with a whole number of degrees of freedom.
final class StudentT {
  /// With more degrees of freedom, quantiles are those of this many: larger by less than a
  /// thousandth.
  private static final int MAX_DEGREES = 2000;

  private StudentT() {}

  /// The value that a variable exceeds with a probability.
  ///
  /// @param tail probability, above 0 and at most a half
  static double upperQuantile(double tail, int degrees) {
    if (!(tail > 0 && tail <= 0.5) || degrees < 1) {
      throw new IllegalArgumentException("tail " + tail + ", " + degrees + " degrees of freedom");
    }
    int bounded = Math.min(degrees, MAX_DEGREES);
    double low = 0;
    double high = 1;
    while (upperTail(high, bounded) > tail) {
      high *= 2;
      if (Double.isInfinite(high)) {
        return high;
      }
    }
    // Bisects until doubles are exhausted.
    for (double middle = (low + high) / 2;
        middle > low && middle < high;
        middle = (low + high) / 2) {
      if (upperTail(middle, bounded) > tail) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return high;
  }

  /// Probability of more than `t`, from the finite series in the angle `atan(t / sqrt(degrees))`.
  static double upperTail(double t, int degrees) {
    double angle = StrictMath.atan(t / Math.sqrt(degrees));
    double cosine = StrictMath.cos(angle);
    double square = cosine * cosine;
    boolean odd = degrees % 2 == 1;
    double term = odd ? cosine : 1;
    double sum = degrees == 1 ? 0 : term;
    for (int k = odd ? 3 : 2; k < degrees; k += 2) {
      term *= square * (k - 1) / k;
      sum += term;
    }
    double within = StrictMath.sin(angle) * sum;
    double central = odd ? 2 / Math.PI * (angle + within) : within;
    return Math.max(0, (1 - central) / 2);
  }
}
