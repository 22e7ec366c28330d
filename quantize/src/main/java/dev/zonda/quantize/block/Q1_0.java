package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.levels.Half;

/// 128 signs and a scale, the mean magnitude: value = ±d, a set bit for plus.
///
/// ```
/// byte  0   2                        18
///       | d | qs[16], one bit each   |      1.125 bits per weight
///        f16
/// ```
final class Q1_0 extends BlockCodec {
  static final int VALUES = 128;
  static final int D = 0;
  static final int QS = 2;
  static final int BYTES = 18;

  Q1_0() {
    super(TensorType.Q1_0);
  }

  @Override
  void encode(float[] values, int from, int blocks, byte[] out) {
    for (int b = 0; b < blocks; b++) {
      int x = from + b * VALUES;
      int at = b * BYTES;
      float sum = 0;
      for (int i = 0; i < VALUES; i++) {
        sum += Math.abs(values[x + i]);
      }
      Half.put(out, at + D, sum / VALUES);
      for (int i = 0; i < VALUES; i += 8) {
        int bits = 0;
        for (int j = 0; j < 8; j++) {
          bits |= values[x + i + j] >= 0 ? 1 << j : 0;
        }
        out[at + QS + i / 8] = (byte) bits;
      }
    }
  }

  @Override
  void decode(byte[] in, int blocks, float[] values, int offset) {
    for (int b = 0; b < blocks; b++) {
      int at = b * BYTES;
      int to = offset + b * VALUES;
      float d = Half.get(in, at + D);
      for (int i = 0; i < VALUES; i++) {
        values[to + i] = (in[at + QS + i / 8] >> (i & 7) & 1) != 0 ? d : -d;
      }
    }
  }
}
