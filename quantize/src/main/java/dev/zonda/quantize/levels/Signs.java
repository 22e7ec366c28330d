package dev.zonda.quantize.levels;

/// The signs of eight values in a byte: bit j is set if value j is negative.
///
/// Some types store seven of the bits; the eighth makes their number even.
public final class Signs {
  public static final int ALL = 255;
  private static final int STORED = 127;

  /// A factor for each sign: eight of each byte.
  private static final float[] FACTORS = factors();

  private Signs() {}

  private static float[] factors() {
    float[] factors = new float[8 * (ALL + 1)];
    for (int i = 0; i < factors.length; i++) {
      factors[i] = (i >> 3 >> (i & 7) & 1) == 0 ? 1 : -1;
    }
    return factors;
  }

  /// All signs from the lower seven of an even number.
  public static int even(int stored) {
    int seven = stored & STORED;
    return seven | (Integer.bitCount(seven) & 1) << 7;
  }

  /// What is stored of an even number of signs.
  public static int stored(int even) {
    return even & STORED;
  }

  static boolean isEven(int signs) {
    return (Integer.bitCount(signs) & 1) == 0;
  }

  /// Where the eight factors of signs begin in [#factors()].
  public static int factor(int signs) {
    return signs << 3;
  }

  /// 1 or -1.
  public static float factorOf(int index) {
    return FACTORS[index];
  }
}
