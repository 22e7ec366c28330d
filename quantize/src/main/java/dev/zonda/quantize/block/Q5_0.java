package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.kernel.Kernels;
import dev.zonda.quantize.levels.Half;
import dev.zonda.quantize.levels.Nibbles;
import dev.zonda.quantize.levels.SymmetricSearch;
import java.util.Arrays;

/// 32 values of 5 bits and a scale: value = d · (q - 16).
///
/// ```
/// byte  0   2              6                              22
///       | d | qh[4]        | qs[16]                       |     5.5 bits per weight
///        f16  fifth bits     lower four bits, two a byte
/// ```
final class Q5_0 extends WeightedCodec {
  static final int VALUES = 32;
  static final int D = 0;
  static final int QH = 2;
  static final int QS = 6;
  static final int BYTES = 22;

  /// Levels run from -16 to 15; the value of largest magnitude gets -16.
  static final int BOUND = 16;

  private final Kernels kernels;

  Q5_0(Kernels kernels) {
    super(TensorType.Q5_0);
    this.kernels = kernels;
  }

  @Override
  void encode(float[] values, int from, int blocks, byte[] out) {
    for (int b = 0; b < blocks; b++) {
      int x = from + b * VALUES;
      float d = kernels.largestMagnitude(values, x, VALUES) / -BOUND;
      float inverse = d != 0 ? 1 / d : 0;
      int at = b * BYTES;
      int fifth = kernels.packCut(values, x, 0, inverse, BOUND + 0.5f, 2 * BOUND - 1, out, at + QS);
      putScale(d, fifth, out, at);
    }
  }

  @Override
  void encodeWeighted(
      float[] values, int from, int rows, int rowLength, float[] columns, byte[] out) {
    SymmetricSearch search = kernels.symmetricSearch(VALUES, BOUND);
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
        search.fit(values, x, work.weights, 0, n, work.fits);
        for (int b = 0; b < n; b++, at += BYTES) {
          float inverse = work.fits.inverse[b];
          if (Float.isNaN(inverse)) {
            Arrays.fill(out, at, at + BYTES, (byte) 0);
            continue;
          }
          int fifth =
              kernels.packRounded(
                  values, x + b * VALUES, 0, inverse, -BOUND, BOUND - 1, out, at + QS);
          putScale(work.fits.scale[b], fifth, out, at);
        }
      }
    }
  }

  private static void putScale(float d, int fifth, byte[] out, int at) {
    Half.put(out, at + D, d);
    Nibbles.putFifthBits(fifth, out, at + QH);
  }

  @Override
  void decode(byte[] in, int blocks, float[] values, int offset) {
    for (int b = 0; b < blocks; b++) {
      int at = b * BYTES;
      int to = offset + b * VALUES;
      float d = Half.get(in, at + D);
      int fifth = Nibbles.fifthBits(in, at + QH);
      kernels.scaleFiveBits(in, at + QS, fifth, BOUND, d, 0, values, to);
    }
  }
}
