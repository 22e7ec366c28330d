package dev.zonda.quantize.levels;

/// What a search found for consecutive groups of values: scale and minimum, and how the levels came
/// about, for the rare group whose scale does not survive its own quantization.
public final class Fits {
  /// Most lanes that a vector kernel fills at once; arrays have that much room at their end.
  private static final int MOST_LANES = 16;

  public final float[] scale;

  /// The minimum with its sign turned, zero or more; of affine searches only.
  public final float[] negativeMin;

  /// Levels are the rounded products of this with the distance from [#origin]; NaN marks a
  /// symmetric group that counts as zero.
  public final float[] inverse;

  /// Value that level zero stood for when the levels were found; of affine searches only.
  public final float[] origin;

  public Fits(int groups) {
    scale = new float[groups + MOST_LANES];
    negativeMin = new float[groups + MOST_LANES];
    inverse = new float[groups + MOST_LANES];
    origin = new float[groups + MOST_LANES];
  }

  /// The levels that an affine search found.
  public void affineLevels(int group, float[] x, int from, int n, int top, byte[] levels, int at) {
    for (int i = 0; i < n; i++) {
      float distance = x[from + i] - origin[group];
      levels[at + i] = (byte) Rounding.nearest(inverse[group] * distance, 0, top);
    }
  }

  /// The levels that a symmetric search found, plus the bound; zero for a group that counts as
  /// zero.
  public void symmetricLevels(
      int group, float[] x, int from, int n, int bound, byte[] levels, int at) {
    float factor = inverse[group];
    for (int i = 0; i < n; i++) {
      levels[at + i] =
          Float.isNaN(factor)
              ? 0
              : (byte) (Rounding.nearest(factor * x[from + i], -bound, bound - 1) + bound);
    }
  }
}
