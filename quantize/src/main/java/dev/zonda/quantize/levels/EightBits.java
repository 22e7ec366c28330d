package dev.zonda.quantize.levels;

/// The blocks of Q8_0: a scale in half precision, then 32 signed bytes.
public final class EightBits {
  public static final int VALUES = 32;
  public static final int D = 0;
  public static final int QS = 2;
  public static final int BYTES = 34;

  private EightBits() {}

  /// Encodes one block, in plain Java.
  public static void encode(float[] x, int from, byte[] out, int at) {
    float largest = 0;
    for (int i = 0; i < VALUES; i++) {
      float magnitude = Math.abs(x[from + i]);
      largest = largest > magnitude ? largest : magnitude;
    }
    float d = largest / 127;
    float inverse = d != 0 ? 1 / d : 0;
    Half.put(out, at + D, d);
    for (int i = 0; i < VALUES; i++) {
      out[at + QS + i] = (byte) Rounding.halfAway(x[from + i] * inverse);
    }
  }
}
