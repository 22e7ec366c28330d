package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.levels.Extremum;
import dev.zonda.quantize.levels.Half;
import dev.zonda.quantize.levels.Rounding;

/// 64 values of 2 bits and a scale, the largest magnitude: value = d · (qs - 1), from -1 to 2.
///
/// ```
/// byte  0   2                             18
///       | d | qs[16], four values a byte  |      2.25 bits per weight
///        f16  the first in the lowest bits
/// ```
final class Q2_0 extends BlockCodec {
  static final int VALUES = 64;
  static final int D = 0;
  static final int QS = 2;
  static final int BYTES = 18;

  Q2_0() {
    super(TensorType.Q2_0);
  }

  @Override
  void encode(float[] values, int from, int blocks, byte[] out) {
    for (int b = 0; b < blocks; b++) {
      int x = from + b * VALUES;
      int at = b * BYTES;
      float d = Math.abs(Extremum.ofLargestMagnitude(values, x, VALUES));
      float inverse = d > 0 ? 1 / d : 0;
      Half.put(out, at + D, d);
      for (int i = 0; i < VALUES; i += 4) {
        int bits = 0;
        for (int j = 0; j < 4; j++) {
          int level = Rounding.halfAway(values[x + i + j] * inverse) + 1;
          bits |= Math.max(0, Math.min(3, level)) << (2 * j);
        }
        out[at + QS + i / 4] = (byte) bits;
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
        values[to + i] = ((in[at + QS + i / 4] >> (2 * (i & 3)) & 3) - 1) * d;
      }
    }
  }
}
