package dev.zonda.quantize.block;

/// Finds the scale of a group whose levels lie around zero (`make_qx_quants` in ggml).
///
/// The value of largest magnitude is mapped to `-bound`, then to 18 places around it. For each
/// mapping, the scale that minimizes the weighted squared error has a closed form: with levels l,
/// scale = Σwxl / Σwl². The best of the mappings wins.
final class SymmetricSearch {
  /// Groups whose magnitudes all stay below this count as zero.
  static final float ALL_ZERO = 1e-15f;

  private SymmetricSearch() {}

  /// @param x values, from index `from` on
  /// @param n values in the group
  /// @param weights weight of each value, from index `weightsFrom` on
  /// @param bound levels run from `-bound` to `bound - 1`
  /// @param levels receives the levels plus `bound`, from index `levelsAt` on; 0 for a zero group
  /// @return the scale; negative where the largest value is positive
  static float search(
      float[] x,
      int from,
      int n,
      float[] weights,
      int weightsFrom,
      int bound,
      byte[] levels,
      int levelsAt) {
    float max = Extremum.ofLargestMagnitude(x, from, n);
    if (Math.abs(max) < ALL_ZERO) {
      for (int i = 0; i < n; i++) {
        levels[levelsAt + i] = 0;
      }
      return 0;
    }
    float bestInverse = -bound / max;
    float scale = 0;
    float best = 0;
    for (int candidate = 0; candidate <= 18; candidate++) {
      int step = candidate == 0 ? 0 : candidate <= 9 ? candidate - 10 : candidate - 9;
      float inverse = step == 0 ? -bound / max : -(bound + 0.1f * step) / max;
      float sumLX = 0;
      float sumL2 = 0;
      for (int i = 0; i < n; i++) {
        float v = x[from + i];
        float w = weights[weightsFrom + i];
        int l = Rounding.nearest(inverse * v, -bound, bound - 1);
        sumLX += w * v * l;
        sumL2 += w * l * l;
      }
      if (candidate == 0) {
        scale = sumL2 != 0 ? sumLX / sumL2 : 0;
        best = scale * sumLX;
      } else if (sumL2 > 0 && sumLX * sumLX > best * sumL2) {
        bestInverse = inverse;
        scale = sumLX / sumL2;
        best = scale * sumLX;
      }
    }
    for (int i = 0; i < n; i++) {
      int level = Rounding.nearest(bestInverse * x[from + i], -bound, bound - 1);
      levels[levelsAt + i] = (byte) (bound + level);
    }
    return scale;
  }
}
