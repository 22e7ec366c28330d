package dev.zonda.quantize.levels;

/// Quantizes the scales (or minima) of a super-block's groups, which are zero or more, to levels
/// from zero on with one common step (`make_qp_quants` in ggml). Used with importance weights only;
/// without them, the largest scale simply gets the highest level.
///
/// First a choice of nine step sizes by squared error, then up to five rounds in which each level
/// may move if that improves the fit.
public final class ScaleSearch {
  private ScaleSearch() {}

  /// @param x values, from index `from` on
  /// @param n number of values
  /// @param weights weight of each value, from index `from` on
  /// @param top highest level
  /// @param levels receives the levels, unsigned bytes; ggml does not bound them below
  /// @return the step
  public static float search(float[] x, int from, int n, float[] weights, int top, byte[] levels) {
    float max = 0;
    for (int i = 0; i < n; i++) {
      max = max > x[from + i] ? max : x[from + i];
    }
    if (max < SymmetricSearch.ALL_ZERO) {
      for (int i = 0; i < n; i++) {
        levels[i] = 0;
      }
      return 0;
    }
    float inverse = chooseInverse(x, from, n, weights, top, max);
    float sumLX = 0;
    float sumL2 = 0;
    for (int i = 0; i < n; i++) {
      int l = Math.min(top, Rounding.nearest(inverse * x[from + i]));
      levels[i] = (byte) l;
      sumLX += weights[from + i] * x[from + i] * l;
      sumL2 += weights[from + i] * l * l;
    }
    boolean changed = true;
    for (int round = 0; round < 5 && changed; round++) {
      changed = false;
      for (int i = 0; i < n; i++) {
        float w = weights[from + i];
        int l = levels[i] & 255;
        float otherLX = sumLX - w * x[from + i] * l;
        float otherL2 = sumL2 - w * l * l;
        if (!(otherLX > 0 && otherL2 > 0)) {
          continue;
        }
        int moved = Math.min(top, Rounding.nearest(x[from + i] * otherL2 / otherLX));
        if (moved == l) {
          continue;
        }
        otherLX += w * x[from + i] * moved;
        otherL2 += w * moved * moved;
        if (otherLX * otherLX * sumL2 > sumLX * sumLX * otherL2) {
          levels[i] = (byte) moved;
          sumLX = otherLX;
          sumL2 = otherL2;
          changed = true;
        }
      }
    }
    return sumL2 > 0 ? sumLX / sumL2 : 0;
  }

  private static float chooseInverse(
      float[] x, int from, int n, float[] weights, int top, float max) {
    float inverse = top / max;
    float step = 1 / inverse;
    float best = 0;
    for (int i = 0; i < n; i++) {
      float difference = x[from + i] - step * (Rounding.nearest(inverse * x[from + i]) & 255);
      best += weights[from + i] * difference * difference;
    }
    for (int s = -4; s <= 4; s++) {
      if (s == 0) {
        continue;
      }
      float thisInverse = (0.1f * s + top) / max;
      float thisStep = 1 / thisInverse;
      float error = 0;
      for (int i = 0; i < n; i++) {
        int l = Math.min(top, Rounding.nearest(thisInverse * x[from + i]));
        float difference = x[from + i] - thisStep * l;
        error += weights[from + i] * difference * difference;
      }
      if (error < best) {
        best = error;
        inverse = thisInverse;
      }
    }
    return inverse;
  }
}
