package dev.zonda.quantize.block;

import dev.zonda.quantize.levels.GridFits;
import dev.zonda.quantize.levels.Signs;

/// The signs and the scale of 32 values, as IQ2_XXS and IQ3_XXS store them in a little-endian word:
/// four times seven bits of signs, the first lowest, and four bits of scale.
final class PackedSigns {
  private static final int SCALE_SHIFT = 28;

  private PackedSigns() {}

  static void put(GridFits found, int fit, byte[] out, int at) {
    int packed = 0;
    for (int k = 0; k < 4; k++) {
      packed |= Signs.stored(found.sign(fit, k)) << (7 * k);
    }
    for (int i = 0; i < 4; i++) {
      out[at + i] = (byte) (packed >> (8 * i));
    }
  }

  /// Adds the scale to what [#put] stored.
  static void putScale(int level, byte[] out, int at) {
    out[at + 3] |= (byte) (level << (SCALE_SHIFT - 24));
  }

  static int get(byte[] in, int at) {
    return (in[at] & 255)
        | (in[at + 1] & 255) << 8
        | (in[at + 2] & 255) << 16
        | (in[at + 3] & 255) << 24;
  }

  static int scale(int packed) {
    return packed >>> SCALE_SHIFT;
  }

  /// All signs of the k-th eight values.
  static int signs(int packed, int k) {
    return Signs.even(packed >> (7 * k));
  }
}
