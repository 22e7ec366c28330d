package dev.zonda.quantize.block;

import dev.zonda.quantize.levels.Fits;

/// Scratch memory of the encoders of 256-value super-blocks: room for a few super-blocks at once,
/// so that searches get many groups, and for the levels of one.
final class SuperBlocks {
  static final int VALUES = 256;

  /// Super-blocks that are searched together.
  static final int AT_ONCE = 8;

  final int groups;
  final int groupSize;
  final Fits fits;
  final float[] weights = new float[AT_ONCE * VALUES];
  final float[] weightSums;
  final float[] sumsOfSquares;
  final byte[] levels = new byte[VALUES];

  /// Quantized scales and minima of one super-block.
  final byte[] scaleLevels;

  final byte[] minLevels;

  /// @param groups in one super-block
  SuperBlocks(int groups) {
    this.groups = groups;
    groupSize = VALUES / groups;
    fits = new Fits(AT_ONCE * groups);
    weightSums = new float[AT_ONCE * groups];
    sumsOfSquares = new float[AT_ONCE * groups];
    scaleLevels = new byte[groups];
    minLevels = new byte[groups];
  }

  /// Fills the weights of `n` super-blocks from importance weights, and sums them up by group.
  ///
  /// @param block the first super-block, counted from the first row's beginning
  /// @param spread how much the mean square of a super-block counts, relative to a value's own
  ///   square
  void weighByImportance(
      float[] x, int from, int block, int n, int rowLength, float[] columns, float spread) {
    Weighting.sumsOfSquares(x, from, VALUES, n, sumsOfSquares);
    for (int k = 0; k < n; k++) {
      float meanSquare = spread * sumsOfSquares[k] / VALUES;
      int column = (block + k) * VALUES % rowLength;
      Weighting.byImportance(
          x, from + k * VALUES, VALUES, columns, column, meanSquare, weights, k * VALUES);
    }
    Weighting.sums(weights, groupSize, n * groups, weightSums);
  }

  /// The largest scale or minimum of a super-block, at least zero.
  static float largest(float[] x, int from, int n) {
    float largest = 0;
    for (int i = from; i < from + n; i++) {
      if (x[i] > largest) {
        largest = x[i];
      }
    }
    return largest;
  }
}
