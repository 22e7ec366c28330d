package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import java.util.Arrays;

/// 256 values of 3 bits in sixteen groups of 16: value = d · (s - 32) · (q - 4).
///
/// ```
/// byte  0                     32           96                          108 110
///       | hmask[32]           | qs[64]     | scales[12]                | d |   3.4375 bits per weight
///         bit r of byte i:      TwoBits:     bytes 0-7: lower four bits  f16
///         third bit of value    lower        of s0-7 and, above, s8-15;
///         32r + i               two bits     bytes 8-11: bits 2k of byte
///                                            8 + j: upper two of s(j + 4k)
/// ```
class Q3_K extends BlockCodec {
  static final int VALUES = 256;
  static final int GROUPS = 16;
  static final int GROUP = 16;
  static final int HMASK = 0;
  static final int QS = 32;
  static final int SCALES = 96;
  static final int D = 108;
  static final int BYTES = 110;

  /// Levels run from -4 to 3.
  static final int BOUND = 4;

  /// Levels of scales run from -32 to 31.
  static final int SCALE_BOUND = 32;

  Q3_K() {
    super(TensorType.Q3_K);
  }

  @Override
  void encode(float[] values, int from, int blocks, byte[] out) {
    byte[] levels = new byte[VALUES];
    float[] scales = new float[GROUPS];
    byte[] scaleLevels = new byte[GROUPS];
    for (int b = 0; b < blocks; b++) {
      int x = from + b * VALUES;
      for (int group = 0; group < GROUPS; group++) {
        int first = group * GROUP;
        scales[group] = SignedRefinement.search(values, x + first, GROUP, BOUND, levels, first);
      }
      float d = toSixBits(scales, scaleLevels);
      pack(values, x, levels, d, scaleLevels, out, b * BYTES);
    }
  }

  /// The scale of largest magnitude gets -32.
  private static float toSixBits(float[] scales, byte[] scaleLevels) {
    float max = Extremum.ofLargestMagnitude(scales, 0, GROUPS);
    if (max == 0) {
      Arrays.fill(scaleLevels, (byte) 0);
      return 0;
    }
    float inverse = -SCALE_BOUND / max;
    for (int group = 0; group < GROUPS; group++) {
      // To eight bits before the bounds apply: what the reference's type does to a wild scale.
      byte level = (byte) Rounding.nearest(inverse * scales[group]);
      int bounded = Math.max(-SCALE_BOUND, Math.min(SCALE_BOUND - 1, level));
      scaleLevels[group] = (byte) (bounded + SCALE_BOUND);
    }
    return 1 / inverse;
  }

  @Override
  void encodeWeighted(
      float[] values, int from, int rows, int rowLength, float[] weights, byte[] out) {
    byte[] levels = new byte[VALUES];
    float[] scales = new float[GROUPS];
    byte[] scaleLevels = new byte[GROUPS];
    float[] weightSums = new float[GROUPS];
    float[] w = new float[GROUP];
    for (int b = 0; b < rows * rowLength / VALUES; b++) {
      int x = from + b * VALUES;
      int column = b * VALUES % rowLength;
      float meanSquare = 2 * Weighting.sumOfSquares(values, x, VALUES) / VALUES;
      for (int group = 0; group < GROUPS; group++) {
        int first = group * GROUP;
        weightSums[group] =
            Weighting.fill(values, x + first, GROUP, weights, column + first, meanSquare, w);
        scales[group] =
            SymmetricSearch.search(values, x + first, GROUP, w, 0, BOUND, levels, first);
      }
      float d =
          SymmetricSearch.search(scales, 0, GROUPS, weightSums, 0, SCALE_BOUND, scaleLevels, 0);
      pack(values, x, levels, d, scaleLevels, out, b * BYTES);
    }
  }

  private static void pack(
      float[] x, int from, byte[] levels, float d, byte[] scaleLevels, byte[] out, int at) {
    float halfD = Half.put(out, at + D, d);
    packScales(scaleLevels, out, at + SCALES);
    for (int group = 0; group < GROUPS; group++) {
      float scale = halfD * (scaleLevels[group] - SCALE_BOUND);
      if (scale == 0) {
        continue;
      }
      for (int i = group * GROUP; i < (group + 1) * GROUP; i++) {
        int level = Rounding.nearest(x[from + i] / scale, -BOUND, BOUND - 1);
        levels[i] = (byte) (level + BOUND);
      }
    }
    for (int i = 0; i < 32; i++) {
      int thirdBits = 0;
      for (int run = 0; run < 8; run++) {
        thirdBits |= (levels[32 * run + i] >> 2) << run;
      }
      out[at + HMASK + i] = (byte) thirdBits;
    }
    TwoBits.pack(levels, out, at + QS);
  }

  private static void packScales(byte[] s, byte[] out, int at) {
    for (int j = 0; j < 8; j++) {
      out[at + j] = (byte) ((s[j] & 15) | (s[j + 8] & 15) << 4);
    }
    for (int j = 0; j < 4; j++) {
      out[at + 8 + j] =
          (byte) (s[j] >> 4 | s[j + 4] >> 4 << 2 | s[j + 8] >> 4 << 4 | s[j + 12] >> 4 << 6);
    }
  }

  /// The scale of a group, from -32 to 31.
  static int scale(byte[] in, int at, int group) {
    int lower = in[at + SCALES + (group & 7)] >> (4 * (group >> 3)) & 15;
    int upper = in[at + SCALES + 8 + (group & 3)] >> (2 * (group >> 2)) & 3;
    return (lower | upper << 4) - SCALE_BOUND;
  }

  @Override
  void decode(byte[] in, int blocks, float[] values, int offset) {
    for (int b = 0; b < blocks; b++) {
      int at = b * BYTES;
      float d = Half.get(in, at + D);
      for (int group = 0; group < GROUPS; group++) {
        float scale = d * scale(in, at, group);
        int run = group >> 1;
        int within = (group & 1) * GROUP;
        int qs = at + QS + TwoBits.firstByte(run) + within;
        int shift = TwoBits.shift(run);
        int to = offset + b * VALUES + group * GROUP;
        for (int i = 0; i < GROUP; i++) {
          int third = in[at + HMASK + within + i] >> run & 1;
          values[to + i] = scale * (((in[qs + i] >> shift & 3) | third << 2) - BOUND);
        }
      }
    }
  }
}
