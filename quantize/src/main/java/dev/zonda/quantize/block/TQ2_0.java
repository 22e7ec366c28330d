package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.kernel.Kernels;
import dev.zonda.quantize.levels.Half;

/// 256 ternary values in two bits each, and a scale, the largest magnitude: value = d · (q - 1).
///
/// ```
/// byte  0                 64  66
///       | qs[64], TwoBits | d |      2.0625 bits per weight
///                          f16
/// ```
final class TQ2_0 extends BlockCodec {
  static final int VALUES = 256;
  static final int QS = 0;
  static final int D = 64;
  static final int BYTES = 66;

  private final Kernels kernels;

  TQ2_0(Kernels kernels) {
    super(TensorType.TQ2_0);
    this.kernels = kernels;
  }

  @Override
  void encode(float[] values, int from, int blocks, byte[] out) {
    byte[] levels = new byte[VALUES];
    for (int b = 0; b < blocks; b++) {
      Half.put(out, b * BYTES + D, kernels.ternaryLevels(values, from + b * VALUES, levels));
      TwoBits.pack(levels, out, b * BYTES + QS);
    }
  }

  @Override
  void decode(byte[] in, int blocks, float[] values, int offset) {
    for (int b = 0; b < blocks; b++) {
      int at = b * BYTES;
      float d = Half.get(in, at + D);
      for (int run = 0; run < 8; run++) {
        int qs = at + QS + TwoBits.firstByte(run);
        int to = offset + b * VALUES + 32 * run;
        for (int i = 0; i < 32; i++) {
          values[to + i] = ((in[qs + i] >> TwoBits.shift(run) & 3) - 1) * d;
        }
      }
    }
  }
}
