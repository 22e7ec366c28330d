package dev.zonda.quantize.block;

/// The weights that errors are multiplied with, from an importance matrix and the values
/// themselves.
final class Weighting {
  private Weighting() {}

  /// The sum of squares, added up in order.
  static float sumOfSquares(float[] x, int from, int n) {
    float sum = 0;
    for (int i = from; i < from + n; i++) {
      sum += x[i] * x[i];
    }
    return sum;
  }

  /// `columns · √(meanSquare + x²)`, from index 0 of `weights` on.
  ///
  /// @return the sum of the weights, added up in order
  static float fill(
      float[] x, int from, int n, float[] columns, int column, float meanSquare, float[] weights) {
    float sum = 0;
    for (int i = 0; i < n; i++) {
      float v = x[from + i];
      float w = columns[column + i] * (float) Math.sqrt(meanSquare + v * v);
      weights[i] = w;
      sum += w;
    }
    return sum;
  }
}
