package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.kernel.Kernels;
import dev.zonda.quantize.levels.Half;

/// 256 ternary values, five in a byte, and a scale, the largest magnitude: value = d · (q - 1).
///
/// ```
/// byte  0                        48          52  54
///       | qs[48]                 | qh[4]     | d |      1.6875 bits per weight
///         32 bytes: values 0-159   values     f16
///         16 bytes: values 160-239 240-255
/// ```
///
/// A run of n bytes holds five times n values, the last run four times: value i + n·k is the k-th
/// ternary digit of byte i, the most significant first. The byte is not the number itself but its
/// fraction of 3^5 in 256ths, rounded up: multiplied by powers of three, its upper bits show one
/// digit after the other.
final class TQ1_0 extends BlockCodec {
  static final int VALUES = 256;
  static final int QS = 0;
  static final int QH = 48;
  static final int D = 52;
  static final int BYTES = 54;

  private final Kernels kernels;

  TQ1_0(Kernels kernels) {
    super(TensorType.TQ1_0);
    this.kernels = kernels;
  }

  @Override
  void encode(float[] values, int from, int blocks, byte[] out) {
    byte[] levels = new byte[VALUES];
    for (int b = 0; b < blocks; b++) {
      int at = b * BYTES;
      Half.put(out, at + D, kernels.ternaryLevels(values, from + b * VALUES, levels));
      packRun(levels, 0, 32, 5, out, at + QS);
      packRun(levels, 160, 16, 5, out, at + QS + 32);
      packRun(levels, 240, 4, 4, out, at + QH);
    }
  }

  private static void packRun(byte[] levels, int first, int n, int digits, byte[] out, int at) {
    for (int i = 0; i < n; i++) {
      int number = 0;
      for (int k = 0; k < 5; k++) {
        number = 3 * number + (k < digits ? levels[first + i + n * k] : 0);
      }
      // The number fits into a byte, unless NaNs gave invalid levels.
      out[at + i] = (byte) (((number & 255) * 256 + 242) / 243);
    }
  }

  @Override
  void decode(byte[] in, int blocks, float[] values, int offset) {
    for (int b = 0; b < blocks; b++) {
      int at = b * BYTES;
      int to = offset + b * VALUES;
      float d = Half.get(in, at + D);
      unpackRun(in, at + QS, 32, 5, d, values, to);
      unpackRun(in, at + QS + 32, 16, 5, d, values, to + 160);
      unpackRun(in, at + QH, 4, 4, d, values, to + 240);
    }
  }

  private static void unpackRun(
      byte[] in, int at, int n, int digits, float d, float[] values, int to) {
    for (int i = 0; i < n; i++) {
      int fraction = in[at + i] & 255;
      for (int k = 0; k < digits; k++) {
        values[to + i + n * k] = (((fraction * 3) >> 8) - 1) * d;
        fraction = (fraction * 3) & 255;
      }
    }
  }
}
