package dev.zonda.quantize.levels;

/// IEEE half precision in little-endian bytes: the scales of nearly every block type.
public final class Half {
  private static final int QUIET_NAN = 0x7e00;

  private Half() {}

  /// To half precision, nearest even. Every NaN becomes the one quiet NaN of its sign; Java's own
  /// conversion would keep the payload.
  public static short of(float value) {
    if (Float.isNaN(value)) {
      return (short) ((Float.floatToRawIntBits(value) >>> 16 & 0x8000) | QUIET_NAN);
    }
    return Float.floatToFloat16(value);
  }

  /// Stores a value in half precision and returns the rounded value.
  public static float put(byte[] out, int at, float value) {
    short half = of(value);
    out[at] = (byte) half;
    out[at + 1] = (byte) (half >> 8);
    return Float.float16ToFloat(half);
  }

  public static float get(byte[] in, int at) {
    return Float.float16ToFloat((short) ((in[at] & 255) | in[at + 1] << 8));
  }
}
