package dev.zonda.quantize.levels;

/// The values of a 4-bit float with two exponent bits and one of mantissa, doubled so that they are
/// whole: the levels of MXFP4 and NVFP4.
public final class FourBitFloat {
  private static final byte[] VALUES = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

  private FourBitFloat() {}

  public static byte value(int bits) {
    return VALUES[bits & 15];
  }

  /// The level that times a scale is nearest to a value; the first of several.
  public static int nearest(float x, float scale) {
    int best = 0;
    float least = Math.abs(VALUES[0] * scale - x);
    for (int i = 1; i < VALUES.length; i++) {
      float error = Math.abs(VALUES[i] * scale - x);
      if (error < least) {
        best = i;
        least = error;
      }
    }
    return best;
  }
}
