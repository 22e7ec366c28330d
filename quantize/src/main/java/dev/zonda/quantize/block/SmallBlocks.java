package dev.zonda.quantize.block;

import dev.zonda.quantize.levels.Fits;

/// Scratch memory of the importance-weighted encoders of 32-value blocks: room for many blocks of
/// one row at once, so that searches get many groups.
final class SmallBlocks {
  static final int VALUES = 32;
  static final int BLOCKS_AT_ONCE = 64;
  static final int VALUES_AT_ONCE = BLOCKS_AT_ONCE * VALUES;

  final Fits fits = new Fits(BLOCKS_AT_ONCE);
  final float[] sumsOfSquares = new float[BLOCKS_AT_ONCE];
  final float[] weights = new float[VALUES_AT_ONCE];

  /// Fills the weights of the next blocks of a row.
  ///
  /// @param row index in `x` of the row
  /// @param column where in the row the blocks start
  /// @param columns importance weights
  /// @param meanSquare of the whole row
  /// @return how many blocks there are, up to [#BLOCKS_AT_ONCE]
  int weighByImportance(
      float[] x, int row, int rowLength, int column, float[] columns, float meanSquare) {
    int n = Math.min(VALUES_AT_ONCE, rowLength - column);
    Weighting.byImportance(x, row + column, n, columns, column, meanSquare, weights, 0);
    return n / VALUES;
  }

  /// Fills the weights of `n` blocks, each with the mean square of its own values doubled.
  ///
  /// @param block the first block, counted from the first row's beginning
  void weighByImportance(float[] x, int from, int block, int n, int rowLength, float[] columns) {
    Weighting.sumsOfSquares(x, from, VALUES, n, sumsOfSquares);
    for (int b = 0; b < n; b++) {
      int column = (block + b) * VALUES % rowLength;
      float meanSquare = sumsOfSquares[b] * (2f / VALUES);
      Weighting.byImportance(
          x, from + b * VALUES, VALUES, columns, column, meanSquare, weights, b * VALUES);
    }
  }
}
