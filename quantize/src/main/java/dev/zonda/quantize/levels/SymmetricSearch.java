package dev.zonda.quantize.levels;

/// Finds the scales of groups whose levels lie around zero (`make_qx_quants` in ggml).
///
/// The value of largest magnitude is mapped to `-bound`, then to 18 places around it. For each
/// mapping, the scale that minimizes the weighted squared error has a closed form: with levels l,
/// scale = Σwxl / Σwl². The best of the mappings wins.
public class SymmetricSearch {
  /// Groups whose magnitudes all stay below this count as zero.
  public static final float ALL_ZERO = 1e-15f;

  /// Mappings that are tried, the plain one included.
  public static final int CANDIDATES = 19;

  public final int groupSize;
  public final int bound;

  /// @param groupSize values in a group
  /// @param bound levels run from `-bound` to `bound - 1`
  public SymmetricSearch(int groupSize, int bound) {
    this.groupSize = groupSize;
    this.bound = bound;
  }

  /// Where a candidate maps the value of largest magnitude: first to `-bound`, then to the places
  /// around it, in order.
  public static float target(int bound, int candidate) {
    if (candidate == 0) {
      return -bound;
    }
    int step = candidate <= 9 ? candidate - 10 : candidate - 9;
    return -(bound + 0.1f * step);
  }

  /// Searches consecutive groups.
  ///
  /// @param x values, from index `from` on
  /// @param weights weight of each value, from index `weightsFrom` on
  /// @param fits receives scales, negative where the largest value is positive, from index 0 on
  public void fit(float[] x, int from, float[] weights, int weightsFrom, int groups, Fits fits) {
    fitInTurn(x, from, weights, weightsFrom, 0, groups, fits);
  }

  /// Searches `n` groups, one after the other.
  ///
  /// @param group the first; `from` and `weightsFrom` are where group 0 lies
  public final void fitInTurn(
      float[] x, int from, float[] weights, int weightsFrom, int group, int n, Fits fits) {
    for (int g = group; g < group + n; g++) {
      int first = g * groupSize;
      fitGroup(x, from + first, weights, weightsFrom + first, g, fits);
    }
  }

  private void fitGroup(
      float[] x, int from, float[] weights, int weightsFrom, int group, Fits fits) {
    float max = Extremum.ofLargestMagnitude(x, from, groupSize);
    if (Math.abs(max) < ALL_ZERO) {
      fits.scale[group] = 0;
      fits.inverse[group] = Float.NaN;
      return;
    }
    float bestInverse = 0;
    float scale = 0;
    float best = 0;
    for (int candidate = 0; candidate < CANDIDATES; candidate++) {
      float inverse = target(bound, candidate) / max;
      float sumLX = 0;
      float sumL2 = 0;
      for (int i = 0; i < groupSize; i++) {
        float v = x[from + i];
        float w = weights[weightsFrom + i];
        int l = Rounding.nearest(inverse * v, -bound, bound - 1);
        sumLX += w * v * l;
        sumL2 += w * l * l;
      }
      if (candidate == 0) {
        bestInverse = inverse;
        scale = sumL2 != 0 ? sumLX / sumL2 : 0;
        best = scale * sumLX;
      } else if (sumL2 > 0 && sumLX * sumLX > best * sumL2) {
        bestInverse = inverse;
        scale = sumLX / sumL2;
        best = scale * sumLX;
      }
    }
    fits.scale[group] = scale;
    fits.inverse[group] = bestInverse;
  }
}
