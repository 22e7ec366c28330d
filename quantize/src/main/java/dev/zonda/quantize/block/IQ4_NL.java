package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;

/// 32 values of 4 bits that stand for unevenly spaced levels: value = d · level(qs).
///
/// ```
/// byte  0   2                            18
///       | d | qs[16], two values a byte  |      4.5 bits per weight
///        f16
/// ```
final class IQ4_NL extends BlockCodec {
  static final int VALUES = NonlinearLevels.GROUP;
  static final int D = 0;
  static final int QS = 2;
  static final int BYTES = 18;

  IQ4_NL() {
    super(TensorType.IQ4_NL);
  }

  @Override
  void encode(float[] values, int from, int blocks, byte[] out) {
    byte[] levels = new byte[VALUES];
    float[] weights = new float[VALUES];
    for (int b = 0; b < blocks; b++) {
      int x = from + b * VALUES;
      Weighting.bySquare(values, x, VALUES, weights);
      encodeBlock(values, x, weights, levels, out, b * BYTES);
    }
  }

  @Override
  void encodeWeighted(
      float[] values, int from, int rows, int rowLength, float[] columns, byte[] out) {
    byte[] levels = new byte[VALUES];
    float[] weights = new float[VALUES];
    for (int b = 0; b < rows * rowLength / VALUES; b++) {
      int x = from + b * VALUES;
      int column = b * VALUES % rowLength;
      float meanSquare = Weighting.sumOfSquares(values, x, VALUES) * (2f / VALUES);
      Weighting.byImportance(values, x, VALUES, columns, column, meanSquare, weights, 0);
      encodeBlock(values, x, weights, levels, out, b * BYTES);
    }
  }

  private static void encodeBlock(
      float[] x, int from, float[] weights, byte[] levels, byte[] out, int at) {
    float scale = NonlinearLevels.searchScale(x, from, weights, 0);
    Half.put(out, at + D, scale);
    // For the scale before it is stored, unlike in the K types.
    NonlinearLevels.levels(x, from, scale, levels);
    Nibbles.pack(levels, out, at + QS);
  }

  @Override
  void decode(byte[] in, int blocks, float[] values, int offset) {
    for (int b = 0; b < blocks; b++) {
      int at = b * BYTES;
      int to = offset + b * VALUES;
      float d = Half.get(in, at + D);
      for (int i = 0; i < 16; i++) {
        int pair = in[at + QS + i];
        values[to + i] = d * NonlinearLevels.value(pair);
        values[to + i + 16] = d * NonlinearLevels.value(pair >> 4);
      }
    }
  }
}
