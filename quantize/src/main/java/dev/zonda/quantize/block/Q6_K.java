package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.kernel.Kernels;
import dev.zonda.quantize.levels.Extremum;
import dev.zonda.quantize.levels.Half;
import dev.zonda.quantize.levels.Rounding;
import dev.zonda.quantize.levels.SymmetricSearch;
import java.util.Arrays;

/// 256 values of 6 bits in sixteen groups of 16: value = d · s · (q - 32).
///
/// ```
/// byte  0                 128               192                       208 210
///       | ql[128]         | qh[64]          | scales[16], signed      | d |   6.5625 bits per weight
///                                                                      f16
/// ```
///
/// Each half of 128 values takes 64 bytes of `ql` and 32 of `qh`. Byte i of 32: the lower four bits
/// of values i and i + 64 are in `ql[i]`, of values i + 32 and i + 96 in `ql[i + 32]`; the upper
/// two bits of all four, the first in the lowest bits, in `qh[i]`.
final class Q6_K extends WeightedCodec {
  static final int VALUES = SuperBlocks.VALUES;
  static final int GROUPS = 16;
  static final int GROUP = VALUES / GROUPS;
  static final int QL = 0;
  static final int QH = 128;
  static final int SCALES = 192;
  static final int D = 208;
  static final int BYTES = 210;

  /// Levels run from -32 to 31.
  static final int BOUND = 32;

  private static final long LOW = EightBytes.filled(15);
  private static final long HIGH = EightBytes.filled(3);

  private final Kernels kernels;

  Q6_K(Kernels kernels) {
    super(TensorType.Q6_K);
    this.kernels = kernels;
  }

  @Override
  void encode(float[] values, int from, int blocks, byte[] out) {
    SymmetricSearch search = kernels.symmetricSearch(GROUP, BOUND);
    SuperBlocks work = new SuperBlocks(GROUPS);
    for (int b = 0; b < blocks; b += SuperBlocks.AT_ONCE) {
      int n = Math.min(SuperBlocks.AT_ONCE, blocks - b);
      int x = from + b * VALUES;
      Weighting.bySquare(values, x, n * VALUES, work.weights);
      search.fit(values, x, work.weights, 0, n * GROUPS, work.fits);
      for (int k = 0; k < n; k++) {
        pack(values, x + k * VALUES, work, k * GROUPS, out, (b + k) * BYTES);
      }
    }
  }

  /// Importance weights are taken as they are, without regard to the values.
  @Override
  void encodeWeighted(
      float[] values, int from, int rows, int rowLength, float[] columns, byte[] out) {
    SymmetricSearch search = kernels.symmetricSearch(GROUP, BOUND);
    SuperBlocks work = new SuperBlocks(GROUPS);
    int at = 0;
    for (int row = from; row < from + rows * rowLength; row += rowLength) {
      for (int column = 0; column < rowLength; column += SuperBlocks.AT_ONCE * VALUES) {
        int n = Math.min(SuperBlocks.AT_ONCE, (rowLength - column) / VALUES);
        search.fit(values, row + column, columns, column, n * GROUPS, work.fits);
        for (int k = 0; k < n; k++, at += BYTES) {
          pack(values, row + column + k * VALUES, work, k * GROUPS, out, at);
        }
      }
    }
  }

  private void pack(float[] x, int from, SuperBlocks work, int fit, byte[] out, int at) {
    float max = Extremum.ofLargestMagnitude(work.fits.scale, fit, GROUPS);
    if (Math.abs(max) < SymmetricSearch.ALL_ZERO) {
      Arrays.fill(out, at, at + BYTES, (byte) 0);
      return;
    }
    float inverse = -128 / max;
    float d = Half.put(out, at + D, 1 / inverse);
    for (int group = 0; group < GROUPS; group++) {
      byte s = (byte) Math.min(127, Rounding.nearest(inverse * work.fits.scale[fit + group]));
      out[at + SCALES + group] = s;
      float scale = d * s;
      int first = group * GROUP;
      if (scale != 0) {
        kernels.symmetricLevels(x, from + first, GROUP, scale, BOUND, work.levels, first);
      } else {
        work.fits.symmetricLevels(fit + group, x, from + first, GROUP, BOUND, work.levels, first);
      }
    }
    packLevels(work.levels, out, at);
  }

  private static void packLevels(byte[] levels, byte[] out, int at) {
    for (int half = 0; half < 2; half++) {
      int ql = at + QL + 64 * half;
      int qh = at + QH + 32 * half;
      for (int i = 0; i < 32; i += EightBytes.COUNT) {
        long a = EightBytes.get(levels, 128 * half + i);
        long b = EightBytes.get(levels, 128 * half + i + 32);
        long c = EightBytes.get(levels, 128 * half + i + 64);
        long e = EightBytes.get(levels, 128 * half + i + 96);
        EightBytes.put(out, ql + i, (a & LOW) | (c & LOW) << 4);
        EightBytes.put(out, ql + i + 32, (b & LOW) | (e & LOW) << 4);
        long high = (a >>> 4 & HIGH) | (b >>> 4 & HIGH) << 2;
        EightBytes.put(out, qh + i, high | (c >>> 4 & HIGH) << 4 | (e >>> 4 & HIGH) << 6);
      }
    }
  }

  @Override
  void decode(byte[] in, int blocks, float[] values, int offset) {
    for (int b = 0; b < blocks; b++) {
      int at = b * BYTES;
      float d = Half.get(in, at + D);
      for (int group = 0; group < GROUPS; group++) {
        float scale = d * in[at + SCALES + group];
        int run = group >> 1;
        int half = run >> 2;
        int within = (group & 1) * GROUP;
        int ql = at + QL + 64 * half + 32 * (run & 1) + within;
        int qh = at + QH + 32 * half + within;
        int lowShift = 4 * (run >> 1 & 1);
        int highShift = 2 * (run & 3);
        int to = offset + b * VALUES + group * GROUP;
        kernels.scaleSplitBits(
            in, ql, lowShift, 4, qh, highShift, 2, GROUP, BOUND, scale, 0, values, to);
      }
    }
  }
}
