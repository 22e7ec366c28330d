package dev.zonda.quantize.levels;

/// Rounds 256 values to -1, 0 and 1 times the largest magnitude.
public final class Ternary {
  public static final int VALUES = 256;

  private Ternary() {}

  /// @param levels receives 0, 1 or 2
  /// @return the largest magnitude; a NaN counts until the next value
  public static float levels(float[] x, int from, byte[] levels) {
    float d = 0;
    for (int i = 0; i < VALUES; i++) {
      float magnitude = Math.abs(x[from + i]);
      d = d > magnitude ? d : magnitude;
    }
    float inverse = d != 0 ? 1 / d : 0;
    for (int i = 0; i < VALUES; i++) {
      levels[i] = (byte) (Rounding.halfAway(x[from + i] * inverse) + 1);
    }
    return d;
  }
}
