package dev.zonda.quantize.levels;

/// Float to integer, exactly as ggml's compiled code does it.
public final class Rounding {
  /// 1.5 * 2^23: adding it moves a float's integer part into the low bits of its mantissa.
  public static final float MAGIC = 12582912f;

  private Rounding() {}

  /// The nearest integer, halves to even. Values beyond 2^22 wrap around, as they do in ggml: the
  /// sum's mantissa is taken without a look at its exponent.
  public static int nearest(float value) {
    return (Float.floatToRawIntBits(value + MAGIC) & 0x7fffff) - 0x400000;
  }

  /// The nearest integer within bounds.
  public static int nearest(float value, int low, int high) {
    return Math.max(low, Math.min(high, nearest(value)));
  }

  /// C's cast to an integer: towards zero. NaN and what does not fit give the smallest integer,
  /// where Java's own cast would give 0 or saturate.
  public static int truncate(float value) {
    return value >= -0x1p31f && value < 0x1p31f ? (int) value : Integer.MIN_VALUE;
  }

  /// C's `roundf` and cast: the nearest integer, halves away from zero.
  public static int halfAway(float value) {
    int whole = truncate(value);
    if (whole == Integer.MIN_VALUE) {
      return whole;
    }
    float rest = value - whole;
    return whole + (rest >= 0.5f ? 1 : rest <= -0.5f ? -1 : 0);
  }
}
