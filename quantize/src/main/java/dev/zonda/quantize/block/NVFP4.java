package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.kernel.Kernels;
import dev.zonda.quantize.levels.FourBitFloat;

/// 64 four-bit floats in four groups of 16, each with an 8-bit float as scale: value = d ·
/// level(qs), the levels doubled and the scale halved.
///
/// ```
/// byte  0                        4                                    36
///       | d[4], unsigned floats  | qs[32], 8 bytes a group: value i   |     4.5 bits per weight
///         with 4 exponent and      and, above, value i + 8
///         3 mantissa bits
/// ```
final class NVFP4 extends BlockCodec {
  static final int VALUES = 64;
  static final int GROUPS = 4;
  static final int GROUP = 16;
  static final int D = 0;
  static final int QS = 4;
  static final int BYTES = 36;

  /// The largest scale, and its bits.
  private static final float LARGEST = 448;

  private static final int LARGEST_BITS = 0x7e;
  private static final int BIAS = 7;

  private final Kernels kernels;

  NVFP4(Kernels kernels) {
    super(TensorType.NVFP4);
    this.kernels = kernels;
  }

  @Override
  void encode(float[] values, int from, int blocks, byte[] out) {
    byte[] levels = new byte[GROUP];
    for (int b = 0; b < blocks; b++) {
      int at = b * BYTES;
      for (int group = 0; group < GROUPS; group++) {
        int x = from + b * VALUES + group * GROUP;
        int bits = scaleBits(Math.abs(kernels.largestMagnitude(values, x, GROUP)) / 6);
        out[at + D + group] = (byte) bits;
        kernels.nearestFourBitFloats(values, x, GROUP, scale(bits), levels, 0);
        for (int i = 0; i < GROUP / 2; i++) {
          out[at + QS + group * GROUP / 2 + i] = (byte) (levels[i] | levels[i + GROUP / 2] << 4);
        }
      }
    }
  }

  /// Rounds a scale to its eight bits, halves away from zero.
  private static int scaleBits(float scale) {
    if (!(scale > 0)) {
      return 0;
    }
    int bits = Float.floatToRawIntBits(Math.min(scale, LARGEST));
    int exponent = (bits >>> 23) - 127 + BIAS;
    if (exponent <= 0) {
      return Math.min(7, (int) (scale * 512 + 0.5f));
    }
    // A mantissa that rounds up to 8 carries into the exponent.
    int rounded = (exponent << 3) + (bits >> 20 & 7) + (bits >> 19 & 1);
    // Every scale with the highest exponent becomes the largest scale.
    return rounded >> 3 >= 15 ? LARGEST_BITS : rounded;
  }

  /// Half the scale; the one pattern that stands for NaN reads as zero.
  private static float scale(int bits) {
    if (bits == 0 || bits == 0x7f) {
      return 0;
    }
    int exponent = bits >> 3 & 15;
    int mantissa = bits & 7;
    return exponent == 0
        ? Math.scalb((float) mantissa, -10)
        : Math.scalb(1 + mantissa / 8f, exponent - BIAS - 1);
  }

  @Override
  void decode(byte[] in, int blocks, float[] values, int offset) {
    for (int b = 0; b < blocks; b++) {
      int at = b * BYTES;
      for (int group = 0; group < GROUPS; group++) {
        float d = scale(in[at + D + group] & 255);
        int qs = at + QS + group * GROUP / 2;
        int to = offset + b * VALUES + group * GROUP;
        for (int i = 0; i < GROUP / 2; i++) {
          values[to + i] = FourBitFloat.value(in[qs + i]) * d;
          values[to + i + GROUP / 2] = FourBitFloat.value(in[qs + i] >> 4) * d;
        }
      }
    }
  }
}
