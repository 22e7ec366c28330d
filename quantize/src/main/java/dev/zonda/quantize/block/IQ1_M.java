package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.kernel.Kernels;
import dev.zonda.quantize.levels.Half;
import dev.zonda.quantize.levels.Rounding;
import dev.zonda.quantize.levels.TernarySearch;
import java.util.Arrays;

/// 256 values of three levels in sixteen groups of 16: value = d · (2s + 1) · (point ± 1/8).
///
/// ```
/// byte  0        32             48                        56
///       | qs[32] | qh[16]       | scales[4], u16 each     |   1.75 bits per weight
///         lower    a group each:  4 × 3 bits of s, 0 lowest;
///         bits of  2 × 3 upper    a quarter of d, an f16, in the upper four bits
///         a point  bits of points;
///                  bits 3 and 7: shifts, set if down
/// ```
final class IQ1_M extends WeightedCodec {
  static final int VALUES = 256;
  static final int GROUPS = 16;
  static final int GROUP = VALUES / GROUPS;
  static final int QS = 0;
  static final int QH = 32;
  static final int SCALES = 48;
  static final int BYTES = 56;

  private static final int TOP_SCALE = 7;
  private static final int DOWN = 8;

  /// The super-block's scale is stored larger by this.
  private static final float STRETCH = 1.1125f;

  private final Kernels kernels;

  IQ1_M(Kernels kernels) {
    super(TensorType.IQ1_M);
    this.kernels = kernels;
  }

  /// One super-block's fits.
  private static final class Work {
    final TernarySearch search;
    final float[] weights = new float[VALUES];
    final float[] scales = new float[GROUPS];
    final int[] points = new int[2 * GROUPS];
    final float[] shifts = new float[2 * GROUPS];

    Work(TernarySearch search) {
      this.search = search;
    }
  }

  @Override
  void encode(float[] values, int from, int blocks, byte[] out) {
    Work work = new Work(kernels.twoShiftSearch(GROUP));
    for (int b = 0; b < blocks; b++) {
      int x = from + b * VALUES;
      Weighting.bySquare(values, x, VALUES, work.weights);
      encodeBlock(values, x, work, out, b * BYTES);
    }
  }

  @Override
  void encodeWeighted(
      float[] values, int from, int rows, int rowLength, float[] columns, byte[] out) {
    Work work = new Work(kernels.twoShiftSearch(GROUP));
    for (int b = 0; b < rows * rowLength / VALUES; b++) {
      int x = from + b * VALUES;
      int column = b * VALUES % rowLength;
      float meanSquare = 2 * Weighting.sumOfSquares(values, x, VALUES) / VALUES;
      Weighting.byImportance(values, x, VALUES, columns, column, meanSquare, work.weights, 0);
      encodeBlock(values, x, work, out, b * BYTES);
    }
  }

  private static void encodeBlock(float[] x, int from, Work work, byte[] out, int at) {
    Arrays.fill(out, at, at + BYTES, (byte) 0);
    TernarySearch search = work.search;
    float max = 0;
    for (int group = 0; group < GROUPS; group++) {
      int first = group * GROUP;
      System.arraycopy(work.weights, first, search.weights, 0, GROUP);
      float scale = search.fit(x, from + first);
      work.scales[group] = scale;
      max = max > scale ? max : scale;
      for (int k = 0; k < 2; k++) {
        int point = search.points[k];
        work.points[2 * group + k] = point;
        work.shifts[2 * group + k] = search.shifts[k];
        out[at + QS + 2 * group + k] = (byte) point;
        out[at + QH + group] |= (byte) (point >> 8 << (4 * k));
      }
    }
    // Points whose scale is zero stay in the block; their shifts do not.
    if (max != 0) {
      packScales(x, from, work, max / (2 * TOP_SCALE + 1), out, at);
    }
  }

  private static void packScales(float[] x, int from, Work work, float d, byte[] out, int at) {
    float inverse = 1 / d;
    float sumQX = 0;
    float sumQ2 = 0;
    long packed = 0;
    for (int group = 0; group < GROUPS; group++) {
      int level = Rounding.nearest(0.5f * (inverse * work.scales[group] - 1), 0, TOP_SCALE);
      packed |= (long) level << (16 * (group / 4) + 3 * (group % 4));
      for (int k = 0; k < 2; k++) {
        float shift = work.shifts[2 * group + k];
        if (shift < 0) {
          out[at + QH + group] |= (byte) (DOWN << (4 * k));
        }
        for (int i = 0; i < TernarySearch.EIGHT; i++) {
          int place = group * GROUP + k * TernarySearch.EIGHT + i;
          float q = TernarySearch.value(work.points[2 * group + k], i, shift) * (2 * level + 1);
          sumQX += work.weights[place] * q * x[from + place];
          sumQ2 += work.weights[place] * q * q;
        }
      }
    }
    float fitted = sumQ2 > 0 ? sumQX / sumQ2 : d;
    int half = Half.of(fitted * STRETCH);
    for (int quarter = 0; quarter < 4; quarter++) {
      packed |= (long) (half >> (4 * quarter) & 15) << (16 * quarter + 12);
    }
    for (int i = 0; i < 8; i++) {
      out[at + SCALES + i] = (byte) (packed >> (8 * i));
    }
  }

  @Override
  void decode(byte[] in, int blocks, float[] values, int offset) {
    for (int b = 0; b < blocks; b++) {
      int at = b * BYTES;
      float d = superScale(in, at + SCALES);
      for (int group = 0; group < GROUPS; group++) {
        int word = at + SCALES + 2 * (group / 4);
        int scales = (in[word] & 255) | (in[word + 1] & 255) << 8;
        float scale = d * (2 * (scales >> (3 * (group % 4)) & TOP_SCALE) + 1);
        for (int k = 0; k < 2; k++) {
          int qh = in[at + QH + group] >> (4 * k);
          int point = (in[at + QS + 2 * group + k] & 255) | (qh & 7) << 8;
          float shift = (qh & DOWN) == 0 ? TernarySearch.SHIFT : -TernarySearch.SHIFT;
          int to = offset + b * VALUES + group * GROUP + k * TernarySearch.EIGHT;
          TernarySearch.decodePoint(point, shift, scale, values, to);
        }
      }
    }
  }

  private static float superScale(byte[] in, int scales) {
    int half = 0;
    for (int quarter = 0; quarter < 4; quarter++) {
      half |= (in[scales + 2 * quarter + 1] >> 4 & 15) << (4 * quarter);
    }
    return Float.float16ToFloat((short) half);
  }
}
