package dev.zonda.quantize.block;

/// The groups of one super-block while their scales, minima and levels are worked out: value ≈
/// scale · level - min. One object serves many super-blocks, one after the other.
final class AffineGroups {
  static final int VALUES = 256;

  final byte[] levels = new byte[VALUES];
  final float[] scales;

  /// Minima with their sign turned: zero or more.
  final float[] mins;

  /// Sum of the weights of each group, where importance weights are given.
  final float[] weightSums;

  /// Weights of the values of one group.
  final float[] weights;

  private final int groupSize;
  private final int top;
  private final AffineSearch search;

  AffineGroups(int groups, AffineSearch.Range range, AffineSearch.ErrorMeasure measure) {
    scales = new float[groups];
    mins = new float[groups];
    weightSums = new float[groups];
    groupSize = VALUES / groups;
    weights = new float[groupSize];
    top = range.top();
    search = new AffineSearch(range, measure);
  }

  int count() {
    return scales.length;
  }

  /// Finds scale, minimum and levels of a group with the [#weights] as they are.
  void fit(float[] x, int from, int group) {
    int first = group * groupSize;
    scales[group] = search.search(x, from + first, groupSize, weights, levels, first);
    mins[group] = search.negativeMin();
  }

  /// Finds scales, minima and levels of all groups with importance weights.
  void fitWeighted(float[] x, int from, float[] columns, int column, float meanSquare) {
    for (int group = 0; group < count(); group++) {
      int first = group * groupSize;
      weightSums[group] =
          Weighting.fill(x, from + first, groupSize, columns, column + first, meanSquare, weights);
      fit(x, from, group);
    }
  }

  /// Levels of a group anew, for the scale and minimum that survive their own quantization. A scale
  /// of zero leaves the levels that the search found.
  void settle(float[] x, int from, int group, float scale, float min) {
    if (scale == 0) {
      return;
    }
    int first = group * groupSize;
    for (int i = first; i < first + groupSize; i++) {
      levels[i] = (byte) Rounding.nearest((x[from + i] + min) / scale, 0, top);
    }
  }

  /// The largest of some scales or minima, at least zero.
  static float largest(float[] x) {
    float largest = 0;
    for (float v : x) {
      if (v > largest) {
        largest = v;
      }
    }
    return largest;
  }
}
