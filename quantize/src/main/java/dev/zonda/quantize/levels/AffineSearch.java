package dev.zonda.quantize.levels;

/// Finds scales and minima of groups whose levels start at zero: value ≈ scale·level + min
/// (`make_qkx2_quants` and `make_qkx3_quants` in ggml, which agree wherever both are used).
///
/// Each step tries a slightly different step size. For the levels it gives, the scale and minimum
/// of least weighted squared error have a closed form; what then has the smallest error wins. A
/// success moves the minimum, from which the next steps start: the order of steps matters.
public class AffineSearch {
  /// How far a step lies off the plain mapping of smallest to 0 and largest to `top`.
  ///
  /// @param top highest level
  /// @param first where the steps start: added to `top`
  /// @param increment from step to step
  /// @param last the last step's number; the first is 0
  public record Range(int top, float first, float increment, int last) {
    /// The search with importance weights, the same for all types.
    public static Range weighted(int top) {
      return new Range(top, -0.9f, 0.05f, 36);
    }

    public float target(int step) {
      return first + increment * step + top;
    }
  }

  /// What the search minimizes.
  public enum ErrorMeasure {
    SQUARED,
    ABSOLUTE;

    public float of(float difference) {
      return this == SQUARED ? difference * difference : Math.abs(difference);
    }
  }

  public final int groupSize;
  public final Range range;
  public final ErrorMeasure measure;
  private final byte[] levels;

  public AffineSearch(int groupSize, Range range, ErrorMeasure measure) {
    this.groupSize = groupSize;
    this.range = range;
    this.measure = measure;
    levels = new byte[groupSize];
  }

  /// Searches consecutive groups.
  ///
  /// @param x values, from index `from` on
  /// @param weights weight of each value, from index 0 on
  /// @param fits receives scales and minima, from index 0 on
  public void fit(float[] x, int from, float[] weights, int groups, Fits fits) {
    fitInTurn(x, from, weights, 0, groups, fits);
  }

  /// Searches `n` groups, one after the other.
  ///
  /// @param group the first; `from` is where group 0 lies
  public final void fitInTurn(float[] x, int from, float[] weights, int group, int n, Fits fits) {
    for (int g = group; g < group + n; g++) {
      fitGroup(x, from + g * groupSize, weights, g * groupSize, g, fits);
    }
  }

  private void fitGroup(
      float[] x, int from, float[] weights, int weightsFrom, int group, Fits fits) {
    float min = x[from];
    float max = x[from];
    float sumW = weights[weightsFrom];
    float sumX = sumW * x[from];
    for (int i = 1; i < groupSize; i++) {
      float v = x[from + i];
      float w = weights[weightsFrom + i];
      if (v < min) {
        min = v;
      }
      if (v > max) {
        max = v;
      }
      sumW += w;
      sumX += w * v;
    }
    if (min > 0) {
      min = 0;
    }
    if (max == min) {
      fits.scale[group] = 0;
      fits.negativeMin[group] = -min;
      fits.inverse[group] = 0;
      fits.origin[group] = 0;
      return;
    }
    int top = range.top();
    float inverse = top / (max - min);
    float scale = 1 / inverse;
    float best = 0;
    for (int i = 0; i < groupSize; i++) {
      float v = x[from + i];
      int l = Rounding.nearest(inverse * (v - min), 0, top);
      best += weights[weightsFrom + i] * measure.of(scale * l + min - v);
    }
    float bestInverse = inverse;
    float bestOrigin = min;
    for (int step = 0; step <= range.last(); step++) {
      inverse = range.target(step) / (max - min);
      float sumL = 0;
      float sumL2 = 0;
      float sumXL = 0;
      for (int i = 0; i < groupSize; i++) {
        float v = x[from + i];
        float w = weights[weightsFrom + i];
        int l = Rounding.nearest(inverse * (v - min), 0, top);
        levels[i] = (byte) l;
        sumL += w * l;
        sumL2 += w * l * l;
        sumXL += w * l * v;
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
      for (int i = 0; i < groupSize; i++) {
        float difference = thisScale * levels[i] + thisMin - x[from + i];
        error += weights[weightsFrom + i] * measure.of(difference);
      }
      if (error < best) {
        bestInverse = inverse;
        bestOrigin = min;
        best = error;
        scale = thisScale;
        min = thisMin;
      }
    }
    fits.scale[group] = scale;
    fits.negativeMin[group] = -min;
    fits.inverse[group] = bestInverse;
    fits.origin[group] = bestOrigin;
  }
}
