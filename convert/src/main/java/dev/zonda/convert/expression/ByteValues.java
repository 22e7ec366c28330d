package dev.zonda.convert.expression;

import dev.zonda.formats.TensorType;
import java.util.Optional;

/// What each of the 256 bytes stands for, by type.
final class ByteValues {
  private static final int BYTES = 256;
  private static final int SIGN = 0x80;

  /// The exponent of the last mantissa bit of subnormal numbers.
  private static final int E4M3_LEAST = -9;

  private static final float[] E4M3 = table(ByteValues::e4m3);

  private static final float[] E4M3_UNSIGNED_ZERO = table(ByteValues::e4m3UnsignedZero);

  /// The upper halves of numbers in half precision.
  private static final float[] E5M2 = table(bits -> Float.float16ToFloat((short) (bits << 8)));

  /// Powers of two, and NaN where all bits are set.
  private static final float[] E8M0 =
      table(bits -> bits == 0xFF ? Float.NaN : Math.scalb(1f, bits - 127));

  private static final float[] INTEGERS = table(bits -> (byte) bits);

  private ByteValues() {}

  /// The values in single precision, which holds all of them exactly. Not to be changed.
  static Optional<float[]> of(TensorType type) {
    return switch (type) {
      case F8_E4M3 -> Optional.of(E4M3);
      case F8_E4M3FNUZ -> Optional.of(E4M3_UNSIGNED_ZERO);
      case F8_E5M2 -> Optional.of(E5M2);
      case F8_E8M0 -> Optional.of(E8M0);
      case I8 -> Optional.of(INTEGERS);
      default -> Optional.empty();
    };
  }

  private interface Meaning {
    float of(int bits);
  }

  private static float[] table(Meaning meaning) {
    float[] values = new float[BYTES];
    for (int bits = 0; bits < BYTES; bits++) {
      values[bits] = meaning.of(bits);
    }
    return values;
  }

  /// Four bits of exponent, three of mantissa; no infinity, and NaN only where all bits are set.
  private static float e4m3(int bits) {
    int exponent = (bits >> 3) & 15;
    int mantissa = bits & 7;
    if (exponent == 15 && mantissa == 7) {
      return Float.NaN;
    }
    return signed(bits, magnitude(exponent, mantissa, E4M3_LEAST));
  }

  /// The same bits for half the numbers; no infinity, one zero, and NaN in the place of the other.
  private static float e4m3UnsignedZero(int bits) {
    return bits == SIGN
        ? Float.NaN
        : signed(bits, magnitude((bits >> 3) & 15, bits & 7, E4M3_LEAST - 1));
  }

  private static float magnitude(int exponent, int mantissa, int least) {
    return exponent == 0
        ? Math.scalb((float) mantissa, least)
        : Math.scalb((float) (8 + mantissa), least + exponent - 1);
  }

  private static float signed(int bits, float magnitude) {
    return (bits & SIGN) == 0 ? magnitude : -magnitude;
  }
}
