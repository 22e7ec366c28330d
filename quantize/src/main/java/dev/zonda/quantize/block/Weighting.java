package dev.zonda.quantize.block;

/// The weights that errors are multiplied with, from the values and from an importance matrix.
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

  /// Sums of squares of consecutive groups, each added up in order.
  static void sumsOfSquares(float[] x, int from, int groupSize, int groups, float[] sums) {
    int group = 0;
    for (; group + 4 <= groups; group += 4) {
      // Four at once, because each addition has to wait for the one before.
      int first = from + group * groupSize;
      float a = 0;
      float b = 0;
      float c = 0;
      float d = 0;
      for (int i = first; i < first + groupSize; i++) {
        a += x[i] * x[i];
        b += x[i + groupSize] * x[i + groupSize];
        c += x[i + 2 * groupSize] * x[i + 2 * groupSize];
        d += x[i + 3 * groupSize] * x[i + 3 * groupSize];
      }
      sums[group] = a;
      sums[group + 1] = b;
      sums[group + 2] = c;
      sums[group + 3] = d;
    }
    for (; group < groups; group++) {
      sums[group] = sumOfSquares(x, from + group * groupSize, groupSize);
    }
  }

  /// Sums of consecutive groups, each added up in order.
  static void sums(float[] x, int groupSize, int groups, float[] sums) {
    for (int group = 0; group < groups; group++) {
      float sum = 0;
      for (int i = group * groupSize; i < (group + 1) * groupSize; i++) {
        sum += x[i];
      }
      sums[group] = sum;
    }
  }

  /// `columns · √(meanSquare + x²)`, from index `to` of `weights` on.
  static void byImportance(
      float[] x,
      int from,
      int n,
      float[] columns,
      int column,
      float meanSquare,
      float[] weights,
      int to) {
    for (int i = 0; i < n; i++) {
      float v = x[from + i];
      weights[to + i] = columns[column + i] * (float) Math.sqrt(meanSquare + v * v);
    }
  }

  /// The magnitude of each value plus the root mean square of its group.
  static void byMagnitudeAndMean(
      float[] x, int from, int groupSize, int groups, float[] sums, float[] weights) {
    sumsOfSquares(x, from, groupSize, groups, sums);
    for (int group = 0; group < groups; group++) {
      float mean = (float) Math.sqrt(sums[group] / groupSize);
      for (int i = group * groupSize; i < (group + 1) * groupSize; i++) {
        weights[i] = mean + Math.abs(x[from + i]);
      }
    }
  }

  static void byMagnitude(float[] x, int from, int n, float[] weights) {
    for (int i = 0; i < n; i++) {
      weights[i] = Math.abs(x[from + i]);
    }
  }

  static void bySquare(float[] x, int from, int n, float[] weights) {
    bySquare(x, from, n, weights, 0);
  }

  static void bySquare(float[] x, int from, int n, float[] weights, int to) {
    for (int i = 0; i < n; i++) {
      weights[to + i] = x[from + i] * x[from + i];
    }
  }
}
