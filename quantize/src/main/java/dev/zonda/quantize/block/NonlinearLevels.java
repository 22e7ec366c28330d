package dev.zonda.quantize.block;

/// The sixteen unevenly spaced levels of IQ4_NL and IQ4_XS, closer together around zero, and the
/// search for the scale of a group of 32 values.
final class NonlinearLevels {
  static final int GROUP = 32;

  private static final byte[] VALUES = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
  };

  /// Mappings tried to each side of the plain one, which is tried twice: first and in its place.
  private static final int TRIES = 7;

  private NonlinearLevels() {}

  static byte value(int index) {
    return VALUES[index & 15];
  }

  /// Index of the level nearest to a value; the higher one of two equally near.
  static int nearest(float x) {
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

  /// The scale of least weighted squared error: the value of largest magnitude is mapped to the
  /// lowest level and to places around it, each mapping's best scale has a closed form.
  ///
  /// @param weights weight of each value, from index `weightsFrom` on
  static float searchScale(float[] x, int from, float[] weights, int weightsFrom) {
    float max = Extremum.ofLargestMagnitude(x, from, GROUP);
    if (Math.abs(max) < SymmetricSearch.ALL_ZERO) {
      return 0;
    }
    float scale = 0;
    float best = 0;
    for (int attempt = -TRIES - 1; attempt <= TRIES; attempt++) {
      boolean first = attempt < -TRIES;
      float inverse = first ? 1 / (-max / VALUES[0]) : (attempt + VALUES[0]) / max;
      float sumQX = 0;
      float sumQ2 = 0;
      for (int i = 0; i < GROUP; i++) {
        float v = x[from + i];
        float w = weights[weightsFrom + i];
        float q = VALUES[nearest(inverse * v)];
        sumQX += w * q * v;
        sumQ2 += w * q * q;
      }
      if (first) {
        scale = sumQ2 > 0 ? sumQX / sumQ2 : 0;
        best = scale * sumQX;
      } else if (sumQ2 > 0 && sumQX * sumQX > best * sumQ2) {
        scale = sumQX / sumQ2;
        best = scale * sumQX;
      }
    }
    return scale;
  }

  /// Indices of the levels of a group, each value times the inverse of its scale; zero for a scale
  /// of zero.
  static void levels(float[] x, int from, float scale, byte[] levels) {
    float inverse = scale != 0 ? 1 / scale : 0;
    for (int i = 0; i < GROUP; i++) {
      levels[i] = (byte) nearest(inverse * x[from + i]);
    }
  }
}
