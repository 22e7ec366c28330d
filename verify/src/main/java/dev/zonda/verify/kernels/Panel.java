package dev.zonda.verify.kernels;

/// Some columns of some rows of a matrix, as floats: what the innermost loop of the matrix product
/// reads again and again. It belongs to one thread, and is used for one part of a matrix after the
/// other.
///
/// Two rows lie in one array. The compiler then addresses all rows of a kernel with one register
/// and no arithmetic; with all rows in one array it computes two addresses at every step, which
/// costs a fifth of the speed where a core is shared with another thread.
public final class Panel {
  /// Columns of a panel. Each output of a matrix product is one chain of fused multiply-adds per
  /// this many columns, and the chains are added in order: the number is part of the result's bits.
  public static final int COLUMNS = 256;

  /// Values from a row's start to that of the second row in its array: some more than the columns,
  /// so that the rows do not all fall into one set of the cache.
  public static final int STRIDE = 272;

  private static final int ROWS_PER_ARRAY = 2;

  private final float[][] arrays;

  /// Zeros.
  public Panel(int rows) {
    arrays = new float[Math.ceilDiv(rows, ROWS_PER_ARRAY)][ROWS_PER_ARRAY * STRIDE];
  }

  /// The array that holds a row, and the next row if the row's number is even.
  public float[] array(int row) {
    return arrays[row / ROWS_PER_ARRAY];
  }

  /// Index of a row's first value in its array.
  public static int at(int row) {
    return row % ROWS_PER_ARRAY * STRIDE;
  }
}
