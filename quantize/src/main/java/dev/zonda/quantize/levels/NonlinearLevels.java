package dev.zonda.quantize.levels;

/// The sixteen unevenly spaced levels of IQ4_NL and IQ4_XS, closer together around zero.
@SuppressWarnings("MutablePublicArray") // Kernels load them into vectors; written once.
public final class NonlinearLevels {
  public static final int GROUP = 32;

  private static final byte[] VALUES = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
  };

  public static final int LOWEST = VALUES[0];

  /// The same as floats.
  public static final float[] LEVELS = new float[VALUES.length];

  /// The smallest float that is nearer to the level above each than to the level itself, or as near
  /// to both.
  public static final float[] THRESHOLDS = new float[VALUES.length - 1];

  static {
    for (int k = 0; k < LEVELS.length; k++) {
      LEVELS[k] = VALUES[k];
    }
    for (int k = 0; k < THRESHOLDS.length; k++) {
      THRESHOLDS[k] = (LEVELS[k] + LEVELS[k + 1]) / 2;
    }
  }

  private NonlinearLevels() {}

  public static byte value(int index) {
    return VALUES[index & 15];
  }

  /// Index of the level nearest to a value; the higher one of two equally near.
  public static int nearest(float x) {
    if (x <= VALUES[0]) {
      return 0;
    }
    if (x >= VALUES[15]) {
      return 15;
    }
    int below = 0;
    int above = 15;
    while (above - below > 1) {
      int middle = (below + above) / 2;
      if (x < VALUES[middle]) {
        above = middle;
      } else {
        below = middle;
      }
    }
    return x - VALUES[above - 1] < VALUES[above] - x ? above - 1 : above;
  }

  /// Packs a group's levels as [Nibbles], each value times the inverse of its scale.
  public static void pack(float[] x, int from, float inverse, byte[] out, int qs) {
    for (int i = 0; i < GROUP / 2; i++) {
      int low = nearest(inverse * x[from + i]);
      int high = nearest(inverse * x[from + i + GROUP / 2]);
      out[qs + i] = (byte) (low | high << 4);
    }
  }
}
