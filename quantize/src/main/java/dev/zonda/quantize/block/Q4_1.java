package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;

/// 32 values of 4 bits, a scale and a minimum: value = d · qs + m.
///
/// ```
/// byte  0   2   4                            20
///       | d | m | qs[16], two values a byte  |      5 bits per weight
///        f16 f16
/// ```
class Q4_1 extends BlockCodec {
  static final int VALUES = 32;
  static final int D = 0;
  static final int M = 2;
  static final int QS = 4;
  static final int BYTES = 20;

  /// The highest level.
  static final int TOP = 15;

  /// The importance-weighted search for scale and minimum.
  static final AffineSearch.Range RANGE = new AffineSearch.Range(TOP, -0.9f, 0.05f, 36);

  Q4_1() {
    super(TensorType.Q4_1);
  }

  @Override
  void encode(float[] values, int from, int blocks, byte[] out) {
    byte[] levels = new byte[VALUES];
    for (int b = 0; b < blocks; b++) {
      int x = from + b * VALUES;
      float min = Extremum.smallest(values, x, VALUES);
      float d = (Extremum.largest(values, x, VALUES) - min) / TOP;
      float inverse = d != 0 ? 1 / d : 0;
      for (int i = 0; i < VALUES; i++) {
        byte level = (byte) Rounding.truncate((values[x + i] - min) * inverse + 0.5f);
        levels[i] = (byte) Math.min(TOP, level);
      }
      pack(d, min, levels, out, b * BYTES);
    }
  }

  @Override
  void encodeWeighted(
      float[] values, int from, int rows, int rowLength, float[] weights, byte[] out) {
    AffineSearch search = new AffineSearch(RANGE, AffineSearch.ErrorMeasure.SQUARED);
    byte[] levels = new byte[VALUES];
    float[] w = new float[VALUES];
    int at = 0;
    for (int row = from; row < from + rows * rowLength; row += rowLength) {
      float meanSquare = Weighting.sumOfSquares(values, row, rowLength) / rowLength;
      for (int column = 0; column < rowLength; column += VALUES, at += BYTES) {
        Weighting.fill(values, row + column, VALUES, weights, column, meanSquare, w);
        float d = search.search(values, row + column, VALUES, w, levels, 0);
        pack(d, -search.negativeMin(), levels, out, at);
      }
    }
  }

  private static void pack(float d, float m, byte[] levels, byte[] out, int at) {
    Half.put(out, at + D, d);
    Half.put(out, at + M, m);
    Nibbles.pack(levels, out, at + QS);
  }

  @Override
  void decode(byte[] in, int blocks, float[] values, int offset) {
    for (int b = 0; b < blocks; b++) {
      int at = b * BYTES;
      int to = offset + b * VALUES;
      float d = Half.get(in, at + D);
      float m = Half.get(in, at + M);
      for (int i = 0; i < 16; i++) {
        int pair = in[at + QS + i] & 255;
        values[to + i] = (pair & 15) * d + m;
        values[to + i + 16] = (pair >> 4) * d + m;
      }
    }
  }
}
