package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.kernel.Kernels;
import dev.zonda.quantize.levels.Extremum;
import dev.zonda.quantize.levels.Fits;
import dev.zonda.quantize.levels.Half;
import dev.zonda.quantize.levels.Rounding;
import dev.zonda.quantize.levels.SignedRefinement;
import dev.zonda.quantize.levels.SymmetricSearch;
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
final class Q3_K extends WeightedCodec {
  static final int VALUES = SuperBlocks.VALUES;
  static final int GROUPS = 16;
  static final int GROUP = VALUES / GROUPS;
  static final int HMASK = 0;
  static final int QS = 32;
  static final int SCALES = 96;
  static final int D = 108;
  static final int BYTES = 110;

  /// Levels run from -4 to 3.
  static final int BOUND = 4;

  /// Levels of scales run from -32 to 31.
  static final int SCALE_BOUND = 32;

  private static final long ONE = EightBytes.filled(1);

  private final Kernels kernels;

  Q3_K(Kernels kernels) {
    super(TensorType.Q3_K);
    this.kernels = kernels;
  }

  @Override
  void encode(float[] values, int from, int blocks, byte[] out) {
    SignedRefinement search = kernels.signedRefinement(GROUP, BOUND);
    SuperBlocks work = new SuperBlocks(GROUPS);
    byte[] found = new byte[SuperBlocks.AT_ONCE * VALUES];
    for (int b = 0; b < blocks; b += SuperBlocks.AT_ONCE) {
      int n = Math.min(SuperBlocks.AT_ONCE, blocks - b);
      int x = from + b * VALUES;
      search.fit(values, x, n * GROUPS, found, work.fits.scale);
      for (int k = 0; k < n; k++) {
        System.arraycopy(found, k * VALUES, work.levels, 0, VALUES);
        float d = toSixBits(work.fits.scale, k * GROUPS, work.scaleLevels);
        pack(values, x + k * VALUES, work, d, out, (b + k) * BYTES);
      }
    }
  }

  /// The scale of largest magnitude gets -32.
  private static float toSixBits(float[] scales, int from, byte[] levels) {
    float max = Extremum.ofLargestMagnitude(scales, from, GROUPS);
    if (max == 0) {
      Arrays.fill(levels, (byte) 0);
      return 0;
    }
    float inverse = -SCALE_BOUND / max;
    for (int group = 0; group < GROUPS; group++) {
      // Cut to eight bits before the bounds apply, as ggml's type does to an extreme scale.
      byte level = (byte) Rounding.nearest(inverse * scales[from + group]);
      int bounded = Math.max(-SCALE_BOUND, Math.min(SCALE_BOUND - 1, level));
      levels[group] = (byte) (bounded + SCALE_BOUND);
    }
    return 1 / inverse;
  }

  @Override
  void encodeWeighted(
      float[] values, int from, int rows, int rowLength, float[] columns, byte[] out) {
    SymmetricSearch search = kernels.symmetricSearch(GROUP, BOUND);
    SymmetricSearch scaleSearch = kernels.symmetricSearch(GROUPS, SCALE_BOUND);
    SuperBlocks work = new SuperBlocks(GROUPS);
    Fits scaleFits = new Fits(SuperBlocks.AT_ONCE);
    int blocks = rows * rowLength / VALUES;
    for (int b = 0; b < blocks; b += SuperBlocks.AT_ONCE) {
      int n = Math.min(SuperBlocks.AT_ONCE, blocks - b);
      int x = from + b * VALUES;
      work.weighByImportance(values, x, b, n, rowLength, columns, 2);
      search.fit(values, x, work.weights, 0, n * GROUPS, work.fits);
      float[] scales = work.fits.scale;
      scaleSearch.fit(scales, 0, work.weightSums, 0, n, scaleFits);
      for (int k = 0; k < n; k++) {
        int fit = k * GROUPS;
        scaleFits.symmetricLevels(k, scales, fit, GROUPS, SCALE_BOUND, work.scaleLevels, 0);
        float d = scaleFits.scale[k];
        takeFoundLevels(values, x + k * VALUES, work, fit, d);
        pack(values, x + k * VALUES, work, d, out, (b + k) * BYTES);
      }
    }
  }

  /// Groups whose scale becomes zero keep the levels that the search found.
  private static void takeFoundLevels(float[] x, int from, SuperBlocks work, int fit, float d) {
    float halfD = Float.float16ToFloat(Half.of(d));
    for (int group = 0; group < GROUPS; group++) {
      if (halfD * (work.scaleLevels[group] - SCALE_BOUND) == 0) {
        int first = group * GROUP;
        work.fits.symmetricLevels(fit + group, x, from + first, GROUP, BOUND, work.levels, first);
      }
    }
  }

  private void pack(float[] x, int from, SuperBlocks work, float d, byte[] out, int at) {
    byte[] levels = work.levels;
    float halfD = Half.put(out, at + D, d);
    packScales(work.scaleLevels, out, at + SCALES);
    for (int group = 0; group < GROUPS; group++) {
      float scale = halfD * (work.scaleLevels[group] - SCALE_BOUND);
      if (scale != 0) {
        int first = group * GROUP;
        kernels.symmetricLevels(x, from + first, GROUP, scale, BOUND, levels, first);
      }
    }
    for (int i = 0; i < 32; i += EightBytes.COUNT) {
      long thirdBits = 0;
      for (int run = 0; run < 8; run++) {
        thirdBits |= (EightBytes.get(levels, 32 * run + i) >>> 2 & ONE) << run;
      }
      EightBytes.put(out, at + HMASK + i, thirdBits);
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
  private static int scale(byte[] in, int at, int group) {
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
        int hmask = at + HMASK + within;
        int to = offset + b * VALUES + group * GROUP;
        kernels.scaleSplitBits(
            in, qs, TwoBits.shift(run), 2, hmask, run, 1, GROUP, BOUND, scale, 0, values, to);
      }
    }
  }
}
