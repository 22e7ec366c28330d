package dev.zonda.quantize.levels;

/// Finds the scales of groups of 32 values for the unevenly spaced [NonlinearLevels].
///
/// The value of largest magnitude is mapped to the lowest level and to places around it; for each
/// mapping, the scale of least weighted squared error has a closed form. The best mapping wins.
public class NonlinearSearch {
  public static final int GROUP = NonlinearLevels.GROUP;

  /// Mappings to each side of the plain one.
  public static final int TRIES = 7;

  /// The mapping that is tried before all others: the largest value, with its sign turned, gets the
  /// lowest level.
  static float firstInverse(float max) {
    return 1 / (-max / NonlinearLevels.LOWEST);
  }

  /// Searches consecutive groups.
  ///
  /// @param x values, from index `from` on
  /// @param weights weight of each value, from index 0 on
  /// @param scales receives a scale for each group, from index 0 on, with room for as many beyond
  ///   as a vector has lanes
  public void fit(float[] x, int from, float[] weights, int groups, float[] scales) {
    for (int group = 0; group < groups; group++) {
      scales[group] = fitGroup(x, from + group * GROUP, weights, group * GROUP);
    }
  }

  private static float fitGroup(float[] x, int from, float[] weights, int weightsFrom) {
    float max = Extremum.ofLargestMagnitude(x, from, GROUP);
    if (Math.abs(max) < SymmetricSearch.ALL_ZERO) {
      return 0;
    }
    float scale = 0;
    float best = 0;
    for (int attempt = -TRIES - 1; attempt <= TRIES; attempt++) {
      boolean first = attempt < -TRIES;
      float inverse = first ? firstInverse(max) : (attempt + NonlinearLevels.LOWEST) / max;
      float sumQX = 0;
      float sumQ2 = 0;
      for (int i = 0; i < GROUP; i++) {
        float v = x[from + i];
        float w = weights[weightsFrom + i];
        float q = NonlinearLevels.value(NonlinearLevels.nearest(inverse * v));
        sumQX += w * q * v;
        sumQ2 += w * q * q;
      }
      if (first) {
        scale = sumQ2 > 0 ? sumQX / sumQ2 : 0;
        best = scale * sumQX;
      } else if (sumQ2 > 0 && sumQX * sumQX > best * sumQ2) {
        scale = sumQX / sumQ2;
        best = scale * sumQX;
      }
    }
    return scale;
  }
}
