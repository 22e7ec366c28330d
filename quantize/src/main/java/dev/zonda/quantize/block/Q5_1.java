package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.kernel.Kernels;
import dev.zonda.quantize.levels.AffineSearch;
import dev.zonda.quantize.levels.Half;
import dev.zonda.quantize.levels.Nibbles;

/// 32 values of 5 bits, a scale and a minimum: value = d · q + m.
///
/// ```
/// byte  0   2   4              8                              24
///       | d | m | qh[4]        | qs[16]                       |     6 bits per weight
///        f16 f16  fifth bits     lower four bits, two a byte
/// ```
final class Q5_1 extends WeightedCodec {
  static final int VALUES = 32;
  static final int D = 0;
  static final int M = 2;
  static final int QH = 4;
  static final int QS = 8;
  static final int BYTES = 24;

  /// The highest level.
  static final int TOP = 31;

  private final Kernels kernels;

  Q5_1(Kernels kernels) {
    super(TensorType.Q5_1);
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
      // ggml does not bound these levels: a sixth bit is just not stored.
      int fifth = kernels.packCut(values, x, min, inverse, 0.5f, Byte.MAX_VALUE, out, at + QS);
      putScale(d, min, fifth, out, at);
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
          int fifth =
              kernels.packRounded(values, x + b * VALUES, origin, inverse, 0, TOP, out, at + QS);
          putScale(work.fits.scale[b], -work.fits.negativeMin[b], fifth, out, at);
        }
      }
    }
  }

  private static void putScale(float d, float m, int fifth, byte[] out, int at) {
    Half.put(out, at + D, d);
    Half.put(out, at + M, m);
    Nibbles.putFifthBits(fifth, out, at + QH);
  }

  @Override
  void decode(byte[] in, int blocks, float[] values, int offset) {
    for (int b = 0; b < blocks; b++) {
      int at = b * BYTES;
      int to = offset + b * VALUES;
      float d = Half.get(in, at + D);
      float m = Half.get(in, at + M);
      int fifth = Nibbles.fifthBits(in, at + QH);
      // Minus the negative: the same float operation as plus the value.
      kernels.scaleFiveBits(in, at + QS, fifth, 0, d, -m, values, to);
    }
  }
}
