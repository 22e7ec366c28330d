package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.kernel.Kernels;
import dev.zonda.quantize.levels.FourBitFloat;
import dev.zonda.quantize.levels.Nibbles;
import dev.zonda.quantize.levels.Rounding;

/// 32 four-bit floats and a power of two (OCP Microscaling): value = 2^(e - 128) · level(qs), the
/// levels doubled.
///
/// ```
/// byte  0   1                            17
///       | e | qs[16], two values a byte  |      4.25 bits per weight
/// ```
public final class MXFP4 extends BlockCodec {
  public static final int VALUES = 32;
  public static final int E = 0;
  static final int QS = 1;
  public static final int BYTES = 17;

  /// Mantissa bits from which a value is close to the next power of two.
  private static final int JUST_BELOW = 0x7f0000;

  private final Kernels kernels;

  public MXFP4(Kernels kernels) {
    super(TensorType.MXFP4);
    this.kernels = kernels;
  }

  @Override
  public void encode(float[] values, int from, int blocks, byte[] out) {
    byte[] levels = new byte[VALUES];
    for (int b = 0; b < blocks; b++) {
      int x = from + b * VALUES;
      int at = b * BYTES;
      int e = exponent(Math.abs(kernels.largestMagnitude(values, x, VALUES)));
      out[at + E] = (byte) e;
      kernels.nearestFourBitFloats(values, x, VALUES, scale(e), levels, 0);
      Nibbles.pack(levels, out, at + QS);
    }
  }

  /// The exponent that brings the largest magnitude between 4 and 8. The logarithm is rounded to
  /// single precision before it is truncated: just below a power of two, it may reach it. Elsewhere
  /// it is the float's exponent.
  private static int exponent(float largest) {
    if (!(largest > 0)) {
      return 0;
    }
    int mantissa = Float.floatToRawIntBits(largest) & 0x7fffff;
    if (largest >= Float.MIN_NORMAL && mantissa < JUST_BELOW && largest <= Float.MAX_VALUE) {
      return (Math.getExponent(largest) - 2 + 127) & 255;
    }
    float logarithm = (float) (Math.log(largest) / Math.log(2));
    return Rounding.truncate((float) Math.floor(logarithm) - 2 + 127) & 255;
  }

  /// Half the power of two, for the doubled levels; subnormal for the two smallest.
  private static float scale(int e) {
    return Float.intBitsToFloat(e < 2 ? 0x00200000 << e : (e - 1) << 23);
  }

  @Override
  void decode(byte[] in, int blocks, float[] values, int offset) {
    for (int b = 0; b < blocks; b++) {
      int at = b * BYTES;
      int to = offset + b * VALUES;
      float scale = scale(in[at + E] & 255);
      for (int i = 0; i < 16; i++) {
        values[to + i] = FourBitFloat.value(in[at + QS + i]) * scale;
        values[to + i + 16] = FourBitFloat.value(in[at + QS + i] >> 4) * scale;
      }
    }
  }
}
