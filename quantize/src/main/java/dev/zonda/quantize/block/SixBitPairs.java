package dev.zonda.quantize.block;

/// Eight scales s and eight minima m of six bits in the 12 bytes that Q4_K and Q5_K call `scales`:
///
/// ```
/// byte    bits 7 6      bits 5 .. 0
/// 0 - 3   s4-7 high 2   s0-3
/// 4 - 7   m4-7 high 2   m0-3
///         bits 7 .. 4   bits 3 .. 0
/// 8 - 11  m4-7 low 4    s4-7 low 4
/// ```
final class SixBitPairs {
  static final int COUNT = 8;

  private SixBitPairs() {}

  /// Levels above 63 spill into their neighbours' bits, as they do in ggml.
  static void pack(byte[] scales, byte[] mins, byte[] out, int at) {
    for (int j = 0; j < 4; j++) {
      int s = scales[j + 4] & 255;
      int m = mins[j + 4] & 255;
      out[at + j] = (byte) (scales[j] | s >> 4 << 6);
      out[at + j + 4] = (byte) (mins[j] | m >> 4 << 6);
      out[at + j + 8] = (byte) ((s & 15) | (m & 15) << 4);
    }
  }

  static int scale(byte[] in, int at, int j) {
    return j < 4 ? in[at + j] & 63 : (in[at + j + 4] & 15) | (in[at + j - 4] & 0xc0) >> 2;
  }

  static int min(byte[] in, int at, int j) {
    return j < 4 ? in[at + j + 4] & 63 : (in[at + j + 4] >> 4 & 15) | (in[at + j] & 0xc0) >> 2;
  }
}
