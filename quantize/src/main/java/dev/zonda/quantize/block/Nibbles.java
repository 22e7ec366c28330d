package dev.zonda.quantize.block;

/// Levels of 32 values as the small blocks store them: four bits of value j in the lower, of value
/// j + 16 in the upper half of byte j; fifth bits apart, bit j of a little-endian word for value j.
final class Nibbles {
  private Nibbles() {}

  static void pack(byte[] levels, byte[] out, int qs) {
    for (int j = 0; j < 16; j++) {
      out[qs + j] = (byte) ((levels[j] & 15) | (levels[j + 16] & 15) << 4);
    }
  }

  static void packFifthBits(byte[] levels, byte[] out, int qh) {
    for (int b = 0; b < 4; b++) {
      int bits = 0;
      for (int j = 0; j < 8; j++) {
        bits |= (levels[8 * b + j] >> 4 & 1) << j;
      }
      out[qh + b] = (byte) bits;
    }
  }

  static int fifthBits(byte[] in, int qh) {
    return (in[qh] & 255)
        | (in[qh + 1] & 255) << 8
        | (in[qh + 2] & 255) << 16
        | (in[qh + 3] & 255) << 24;
  }
}
