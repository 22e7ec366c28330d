package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.kernel.Kernels;
import dev.zonda.quantize.levels.AffineSearch;
import dev.zonda.quantize.levels.Half;

/// 32 values of 4 bits, a scale and a minimum: value = d · qs + m.
///
/// ```
/// byte  0   2   4                            20
///       | d | m | qs[16], two values a byte  |      5 bits per weight
///        f16 f16
/// ```
final class Q4_1 extends WeightedCodec {
  static final int VALUES = 32;
  static final int D = 0;
  static final int M = 2;
  static final int QS = 4;
  static final int BYTES = 20;

  /// The highest level.
  static final int TOP = 15;

  private final Kernels kernels;

  Q4_1(Kernels kernels) {
    super(TensorType.Q4_1);
    this.kernels = kernels;
  }

  @Override
  void encode(float[] values, int from, int blocks, byte[] out) {
    for (int b = 0; b < blocks; b++) {
      int x = from + b * VALUES;
      float min = kernels.smallest(values, x, VALUES);
      float d = (kernels.largest(values, x, VALUES) - min) / TOP;
      float inverse = d != 0 ? 1 / d : 0;
      int at = b * BYTES;
      kernels.packCut(values, x, min, inverse, 0.5f, TOP, out, at + QS);
      putScale(d, min, out, at);
    }
  }

  @Override
  void encodeWeighted(
      float[] values, int from, int rows, int rowLength, float[] columns, byte[] out) {
    AffineSearch search =
        kernels.affineSearch(
            VALUES, AffineSearch.Range.weighted(TOP), AffineSearch.ErrorMeasure.SQUARED);
    SmallBlocks work = new SmallBlocks();
    int at = 0;
    float[] sumsOfSquares = new float[rows];
    Weighting.sumsOfSquares(values, from, rowLength, rows, sumsOfSquares);
    for (int r = 0; r < rows; r++) {
      int row = from + r * rowLength;
      float meanSquare = sumsOfSquares[r] / rowLength;
      for (int column = 0; column < rowLength; column += SmallBlocks.VALUES_AT_ONCE) {
        int x = row + column;
        int n = work.weighByImportance(values, row, rowLength, column, columns, meanSquare);
        search.fit(values, x, work.weights, n, work.fits);
        for (int b = 0; b < n; b++, at += BYTES) {
          float origin = work.fits.origin[b];
          float inverse = work.fits.inverse[b];
          kernels.packRounded(values, x + b * VALUES, origin, inverse, 0, TOP, out, at + QS);
          putScale(work.fits.scale[b], -work.fits.negativeMin[b], out, at);
        }
      }
    }
  }

  private static void putScale(float d, float m, byte[] out, int at) {
    Half.put(out, at + D, d);
    Half.put(out, at + M, m);
  }

  @Override
  void decode(byte[] in, int blocks, float[] values, int offset) {
    for (int b = 0; b < blocks; b++) {
      int at = b * BYTES;
      int to = offset + b * VALUES;
      float d = Half.get(in, at + D);
      // Minus the negative: the same float operation as plus the value.
      float min = -Half.get(in, at + M);
      kernels.scaleBits(in, at + QS, 16, 0, 4, 0, d, min, values, to);
      kernels.scaleBits(in, at + QS, 16, 4, 4, 0, d, min, values, to + 16);
    }
  }
}
