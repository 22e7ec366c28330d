package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.kernel.Kernels;
import dev.zonda.quantize.levels.Half;
import dev.zonda.quantize.levels.Rounding;
import dev.zonda.quantize.levels.TernarySearch;

/// 256 values of three levels in eight groups of 32: value = d · (2s + 1) · (point ± 1/8).
///
/// ```
/// byte  0   2        34                                  50
///       | d | qs[32] | qh[8], u16 each, a group each     |   1.5625 bits per weight
///        f16  lower    4 × 3 upper bits of points, 0 lowest;
///             bits of  s in 3 bits; shift in the top bit, set if down
///             a point
/// ```
final class IQ1_S extends WeightedCodec {
  static final int VALUES = 256;
  static final int GROUPS = 8;
  static final int GROUP = VALUES / GROUPS;
  static final int D = 0;
  static final int QS = 2;
  static final int QH = 34;
  static final int BYTES = 50;

  private static final int POINTS = GROUP / TernarySearch.EIGHT;
  private static final int TOP_SCALE = 7;
  private static final int SCALE_SHIFT = 12;
  private static final int DOWN = 0x8000;

  /// The super-block's scale is stored larger by this.
  private static final float STRETCH = 1.125f;

  private final Kernels kernels;

  IQ1_S(Kernels kernels) {
    super(TensorType.IQ1_S);
    this.kernels = kernels;
  }

  @Override
  public boolean requiresImportance() {
    return true;
  }

  @Override
  void encode(float[] values, int from, int blocks, byte[] out) {
    throw new IllegalStateException("IQ1_S has no weights of its own");
  }

  @Override
  void encodeWeighted(
      float[] values, int from, int rows, int rowLength, float[] columns, byte[] out) {
    TernarySearch search = kernels.oneShiftSearch(GROUP);
    float[] scales = new float[GROUPS];
    int[] qh = new int[GROUPS];
    for (int b = 0; b < rows * rowLength / VALUES; b++) {
      int x = from + b * VALUES;
      int at = b * BYTES;
      float meanSquare = 2 * Weighting.sumOfSquares(values, x, VALUES) / VALUES;
      float max = 0;
      for (int group = 0; group < GROUPS; group++) {
        int first = group * GROUP;
        int column = b * VALUES % rowLength + first;
        Weighting.byImportance(
            values, x + first, GROUP, columns, column, meanSquare, search.weights, 0);
        scales[group] = search.fit(values, x + first);
        max = max > scales[group] ? max : scales[group];
        qh[group] = search.shifts[0] < 0 ? DOWN : 0;
        for (int k = 0; k < POINTS; k++) {
          out[at + QS + POINTS * group + k] = (byte) search.points[k];
          qh[group] |= search.points[k] >> 8 << (3 * k);
        }
      }
      pack(scales, max, qh, out, at);
    }
  }

  private static void pack(float[] scales, float max, int[] qh, byte[] out, int at) {
    float d = max / (2 * TOP_SCALE + 1);
    Half.put(out, at + D, d * STRETCH);
    float inverse = 1 / d;
    for (int group = 0; group < GROUPS; group++) {
      if (max == 0) {
        // Scales and shifts are left out, the points remain.
        qh[group] &= ~DOWN;
      } else {
        int level = Rounding.nearest(0.5f * (inverse * scales[group] - 1), 0, TOP_SCALE);
        qh[group] |= level << SCALE_SHIFT;
      }
      out[at + QH + 2 * group] = (byte) qh[group];
      out[at + QH + 2 * group + 1] = (byte) (qh[group] >> 8);
    }
  }

  @Override
  void decode(byte[] in, int blocks, float[] values, int offset) {
    for (int b = 0; b < blocks; b++) {
      int at = b * BYTES;
      float d = Half.get(in, at + D);
      for (int group = 0; group < GROUPS; group++) {
        int qh = (in[at + QH + 2 * group] & 255) | (in[at + QH + 2 * group + 1] & 255) << 8;
        float scale = d * (2 * (qh >> SCALE_SHIFT & TOP_SCALE) + 1);
        float shift = (qh & DOWN) == 0 ? TernarySearch.SHIFT : -TernarySearch.SHIFT;
        int to = offset + b * VALUES + group * GROUP;
        for (int k = 0; k < POINTS; k++) {
          int point = (in[at + QS + POINTS * group + k] & 255) | (qh >> (3 * k) & 7) << 8;
          TernarySearch.decodePoint(point, shift, scale, values, to + 8 * k);
        }
      }
    }
  }
}
