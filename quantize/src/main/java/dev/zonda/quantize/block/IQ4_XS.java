package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.kernel.Kernels;
import dev.zonda.quantize.levels.Extremum;
import dev.zonda.quantize.levels.Half;
import dev.zonda.quantize.levels.NonlinearLevels;
import dev.zonda.quantize.levels.NonlinearSearch;
import dev.zonda.quantize.levels.Rounding;

/// 256 values of 4 bits in eight groups of 32, for unevenly spaced levels: value = d · (s - 32) ·
/// level(qs).
///
/// ```
/// byte  0   2           4              8                   136
///       | d | scales_h  | scales_l[4]  | qs[128]           |     4.25 bits per weight
///        f16  u16: upper  lower four     16 bytes a group,
///             two bits    bits of s,     as in IQ4_NL
///             of s, group two a byte
///             0 lowest
/// ```
final class IQ4_XS extends WeightedCodec {
  static final int VALUES = 256;
  static final int GROUPS = 8;
  static final int GROUP = NonlinearLevels.GROUP;
  static final int D = 0;
  static final int SCALES_H = 2;
  static final int SCALES_L = 4;
  static final int QS = 8;
  static final int BYTES = 136;

  /// Levels of scales run from -32 to 31.
  static final int SCALE_BOUND = 32;

  private final Kernels kernels;

  IQ4_XS(Kernels kernels) {
    super(TensorType.IQ4_XS);
    this.kernels = kernels;
  }

  @Override
  void encode(float[] values, int from, int blocks, byte[] out) {
    NonlinearSearch search = kernels.nonlinearSearch();
    SuperBlocks work = new SuperBlocks(GROUPS);
    for (int b = 0; b < blocks; b += SuperBlocks.AT_ONCE) {
      int n = Math.min(SuperBlocks.AT_ONCE, blocks - b);
      int x = from + b * VALUES;
      Weighting.bySquare(values, x, n * VALUES, work.weights);
      search.fit(values, x, work.weights, n * GROUPS, work.fits.scale);
      for (int k = 0; k < n; k++) {
        pack(values, x + k * VALUES, work.fits.scale, k * GROUPS, out, (b + k) * BYTES);
      }
    }
  }

  @Override
  void encodeWeighted(
      float[] values, int from, int rows, int rowLength, float[] columns, byte[] out) {
    NonlinearSearch search = kernels.nonlinearSearch();
    SuperBlocks work = new SuperBlocks(GROUPS);
    int blocks = rows * rowLength / VALUES;
    for (int b = 0; b < blocks; b += SuperBlocks.AT_ONCE) {
      int n = Math.min(SuperBlocks.AT_ONCE, blocks - b);
      int x = from + b * VALUES;
      work.weighByImportance(values, x, b, n, rowLength, columns, 2);
      search.fit(values, x, work.weights, n * GROUPS, work.fits.scale);
      for (int k = 0; k < n; k++) {
        pack(values, x + k * VALUES, work.fits.scale, k * GROUPS, out, (b + k) * BYTES);
      }
    }
  }

  private void pack(float[] x, int from, float[] scales, int first, byte[] out, int at) {
    // The scale of largest magnitude gets -32. Levels are found for d before it is stored.
    float d = -Extremum.ofLargestMagnitude(scales, first, GROUPS) / SCALE_BOUND;
    float inverse = d != 0 ? 1 / d : 0;
    Half.put(out, at + D, d);
    long low = 0;
    int high = 0;
    for (int group = 0; group < GROUPS; group++) {
      int s = Rounding.nearest(inverse * scales[first + group], -SCALE_BOUND, SCALE_BOUND - 1);
      float scale = d * s;
      float levelInverse = scale != 0 ? 1 / scale : 0;
      int qs = at + QS + group * GROUP / 2;
      kernels.packNonlinear(x, from + group * GROUP, levelInverse, out, qs);
      s += SCALE_BOUND;
      low |= (s & 15L) << (4 * group);
      high |= (s >> 4) << (2 * group);
    }
    out[at + SCALES_H] = (byte) high;
    out[at + SCALES_H + 1] = (byte) (high >> 8);
    for (int i = 0; i < 4; i++) {
      out[at + SCALES_L + i] = (byte) (low >> (8 * i));
    }
  }

  private static int scale(byte[] in, int at, int group) {
    int low = in[at + SCALES_L + group / 2] >> (4 * (group & 1)) & 15;
    int high = in[at + SCALES_H + group / 4] >> (2 * (group & 3)) & 3;
    return (low | high << 4) - SCALE_BOUND;
  }

  @Override
  void decode(byte[] in, int blocks, float[] values, int offset) {
    for (int b = 0; b < blocks; b++) {
      int at = b * BYTES;
      float d = Half.get(in, at + D);
      for (int group = 0; group < GROUPS; group++) {
        float scale = d * scale(in, at, group);
        int qs = at + QS + group * GROUP / 2;
        int to = offset + b * VALUES + group * GROUP;
        for (int i = 0; i < 16; i++) {
          values[to + i] = scale * NonlinearLevels.value(in[qs + i]);
          values[to + i + 16] = scale * NonlinearLevels.value(in[qs + i] >> 4);
        }
      }
    }
  }
}
