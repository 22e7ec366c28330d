package dev.zonda.quantize.levels;

/// What a [GridSearch] found for consecutive groups of values.
public final class GridFits {
  /// Most lanes that a vector kernel fills at once; arrays have that much room at their end.
  private static final int MOST_LANES = 16;

  /// Zero or more.
  public final float[] scale;

  /// Whether a group counts as zero, and has neither signs nor points.
  public final boolean[] allZero;

  /// The groups' signs, a byte for eight values.
  public final int[] signs;

  /// The groups' points, in order.
  public final int[] points;

  public final int signsPerGroup;
  final int pointsPerGroup;

  public GridFits(GridScheme scheme, int groups) {
    int room = groups + MOST_LANES;
    signsPerGroup = scheme.group() / 8;
    pointsPerGroup = scheme.group() / scheme.grid().dimensions;
    scale = new float[room];
    allZero = new boolean[room];
    signs = new int[room * signsPerGroup];
    points = new int[room * pointsPerGroup];
  }

  public int sign(int group, int k) {
    return signs[group * signsPerGroup + k];
  }

  public int point(int group, int k) {
    return points[group * pointsPerGroup + k];
  }
}
