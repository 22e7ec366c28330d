package dev.zonda.quantize.levels;

/// The upper half of a single-precision float, as bfloat16 has it.
public final class BrainFloat {
  /// The bit of the mantissa that makes a NaN quiet.
  public static final int QUIET = 0x40;

  private BrainFloat() {}

  /// The upper half of a value, rounded to nearest even; NaNs are made quiet and keep the upper
  /// bits of their payload.
  public static short of(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) (bits >>> 16 | QUIET);
    }
    return (short) ((bits + 0x7fff + (bits >>> 16 & 1)) >>> 16);
  }
}
