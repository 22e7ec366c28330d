package dev.zonda.quantize.block;

/// Finds scale and minimum of a group whose levels start at zero: value ≈ scale·level + min
/// (`make_qkx2_quants` and `make_qkx3_quants` in ggml, which agree wherever both are used).
///
/// Each step tries a slightly different step size. For the levels it gives, the scale and minimum
/// of least weighted squared error have a closed form; what then has the smallest error wins. A
/// success moves the minimum, from which the next steps start: the order of steps matters.
final class AffineSearch {
  /// How far a step lies off the plain mapping of smallest to 0 and largest to `top`.
  ///
  /// @param top highest level
  /// @param first where the steps start: added to `top`
  /// @param increment from step to step
  /// @param steps their number, less one
  record Range(int top, float first, float increment, int steps) {
    float target(int step) {
      return first + increment * step + top;
    }
  }

  /// What the search minimizes.
  enum ErrorMeasure {
    SQUARED,
    ABSOLUTE;

    float of(float difference) {
      return this == SQUARED ? difference * difference : Math.abs(difference);
    }
  }

  private final Range range;
  private final ErrorMeasure measure;
  private final byte[] candidate = new byte[32];
  private float negativeMin;

  AffineSearch(Range range, ErrorMeasure measure) {
    this.range = range;
    this.measure = measure;
  }

  /// What the last search found: the minimum with its sign turned, zero or more.
  float negativeMin() {
    return negativeMin;
  }

  /// Searches one group.
  ///
  /// @param x values, from index `from` on
  /// @param n values in the group, at most 32
  /// @param weights weight of each value, from index 0 on
  /// @param levels receives the levels, from index `levelsAt` on
  /// @return the scale; [#negativeMin] has the minimum
  float search(float[] x, int from, int n, float[] weights, byte[] levels, int levelsAt) {
    float min = x[from];
    float max = x[from];
    float sumW = weights[0];
    float sumX = sumW * x[from];
    for (int i = 1; i < n; i++) {
      float v = x[from + i];
      if (v < min) {
        min = v;
      }
      if (v > max) {
        max = v;
      }
      sumW += weights[i];
      sumX += weights[i] * v;
    }
    if (min > 0) {
      min = 0;
    }
    if (max == min) {
      for (int i = 0; i < n; i++) {
        levels[levelsAt + i] = 0;
      }
      negativeMin = -min;
      return 0;
    }
    int top = range.top();
    float inverse = top / (max - min);
    float scale = 1 / inverse;
    float best = 0;
    for (int i = 0; i < n; i++) {
      int l = Rounding.nearest(inverse * (x[from + i] - min), 0, top);
      levels[levelsAt + i] = (byte) l;
      best += weights[i] * measure.of(scale * l + min - x[from + i]);
    }
    for (int step = 0; step <= range.steps(); step++) {
      inverse = range.target(step) / (max - min);
      float sumL = 0;
      float sumL2 = 0;
      float sumXL = 0;
      for (int i = 0; i < n; i++) {
        float w = weights[i];
        int l = Rounding.nearest(inverse * (x[from + i] - min), 0, top);
        candidate[i] = (byte) l;
        sumL += w * l;
        sumL2 += w * l * l;
        sumXL += w * l * x[from + i];
      }
      float determinant = sumW * sumL2 - sumL * sumL;
      if (!(determinant > 0)) {
        continue;
      }
      float thisScale = (sumW * sumXL - sumX * sumL) / determinant;
      float thisMin = (sumL2 * sumX - sumL * sumXL) / determinant;
      if (thisMin > 0) {
        thisMin = 0;
        thisScale = sumXL / sumL2;
      }
      float error = 0;
      for (int i = 0; i < n; i++) {
        error += weights[i] * measure.of(thisScale * candidate[i] + thisMin - x[from + i]);
      }
      if (error < best) {
        System.arraycopy(candidate, 0, levels, levelsAt, n);
        best = error;
        scale = thisScale;
        min = thisMin;
      }
    }
    negativeMin = -min;
    return scale;
  }
}
