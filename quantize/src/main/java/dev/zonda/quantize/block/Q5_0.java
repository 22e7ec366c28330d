package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;

/// 32 values of 5 bits and a scale: value = d · (q - 16).
///
/// ```
/// byte  0   2              6                              22
///       | d | qh[4]        | qs[16]                       |     5.5 bits per weight
///        f16  fifth bits     lower four bits, two a byte
/// ```
final class Q5_0 extends BlockCodec {
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
    byte[] levels = new byte[VALUES];
    for (int b = 0; b < blocks; b++) {
      int x = from + b * VALUES;
      float d = kernels.largestMagnitude(values, x, VALUES) / -BOUND;
      float inverse = d != 0 ? 1 / d : 0;
      kernels.cutLevels(values, x, VALUES, 0, inverse, BOUND + 0.5f, 2 * BOUND - 1, levels);
      pack(d, levels, out, b * BYTES);
    }
  }

  @Override
  void encodeWeighted(
      float[] values, int from, int rows, int rowLength, float[] columns, byte[] out) {
    SymmetricSearch search = kernels.symmetricSearch(VALUES, BOUND);
    SmallBlocks work = new SmallBlocks();
    byte[] levels = new byte[VALUES];
    int at = 0;
    for (int row = from; row < from + rows * rowLength; row += rowLength) {
      float meanSquare = Weighting.sumOfSquares(values, row, rowLength) / rowLength;
      for (int column = 0; column < rowLength; column += SmallBlocks.VALUES_AT_ONCE) {
        int x = row + column;
        int n = work.weighByImportance(values, row, rowLength, column, columns, meanSquare);
        search.fit(values, x, work.weights, 0, n, work.fits);
        for (int b = 0; b < n; b++, at += BYTES) {
          work.fits.symmetricLevels(b, values, x + b * VALUES, VALUES, BOUND, levels, 0);
          pack(work.fits.scale[b], levels, out, at);
        }
      }
    }
  }

  private static void pack(float d, byte[] levels, byte[] out, int at) {
    Half.put(out, at + D, d);
    Nibbles.packFifthBits(levels, out, at + QH);
    Nibbles.pack(levels, out, at + QS);
  }

  @Override
  void decode(byte[] in, int blocks, float[] values, int offset) {
    for (int b = 0; b < blocks; b++) {
      int at = b * BYTES;
      int to = offset + b * VALUES;
      float d = Half.get(in, at + D);
      int fifth = Nibbles.fifthBits(in, at + QH);
      for (int i = 0; i < 16; i++) {
        int pair = in[at + QS + i] & 255;
        values[to + i] = (((pair & 15) | (fifth >>> i & 1) << 4) - BOUND) * d;
        values[to + i + 16] = ((pair >> 4 | (fifth >>> (i + 16) & 1) << 4) - BOUND) * d;
      }
    }
  }
}
