package dev.zonda.quantize.levels;

/// Levels of 32 values as the small blocks store them: four bits of value j in the lower, of value
/// j + 16 in the upper half of byte j; fifth bits apart, bit j of a little-endian word for value j.
public final class Nibbles {
  private Nibbles() {}

  public static void pack(byte[] levels, byte[] out, int qs) {
    for (int j = 0; j < 16; j++) {
      out[qs + j] = (byte) ((levels[j] & 15) | (levels[j + 16] & 15) << 4);
    }
  }

  /// Packs the levels `(x - min) · inverse + offset` of 32 values, cut off to bytes, at most `top`.
  ///
  /// @return the fifth bits, if levels have any
  public static int packCut(
      float[] x, int from, float min, float inverse, float offset, int top, byte[] out, int qs) {
    int fifth = 0;
    for (int j = 0; j < 16; j++) {
      byte l = (byte) Rounding.truncate((x[from + j] - min) * inverse + offset);
      byte u = (byte) Rounding.truncate((x[from + j + 16] - min) * inverse + offset);
      fifth |= pack(Math.min(top, l), Math.min(top, u), j, out, qs);
    }
    return fifth;
  }

  /// Packs the levels `(x - origin) · inverse` of 32 values, rounded, within bounds, minus the
  /// lower bound.
  ///
  /// @return the fifth bits, if levels have any
  public static int packRounded(
      float[] x, int from, float origin, float inverse, int low, int high, byte[] out, int qs) {
    int fifth = 0;
    for (int j = 0; j < 16; j++) {
      int l = Rounding.nearest((x[from + j] - origin) * inverse, low, high) - low;
      int u = Rounding.nearest((x[from + j + 16] - origin) * inverse, low, high) - low;
      fifth |= pack(l, u, j, out, qs);
    }
    return fifth;
  }

  private static int pack(int low, int high, int j, byte[] out, int qs) {
    out[qs + j] = (byte) ((low & 15) | (high & 15) << 4);
    return (low >> 4 & 1) << j | (high >> 4 & 1) << (j + 16);
  }

  public static void putFifthBits(int bits, byte[] out, int qh) {
    for (int b = 0; b < 4; b++) {
      out[qh + b] = (byte) (bits >> (8 * b));
    }
  }

  public static int fifthBits(byte[] in, int qh) {
    return (in[qh] & 255)
        | (in[qh + 1] & 255) << 8
        | (in[qh + 2] & 255) << 16
        | (in[qh + 3] & 255) << 24;
  }
}
