package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.kernel.Kernels;
import dev.zonda.quantize.levels.AffineSearch;
import dev.zonda.quantize.levels.AffineSearch.ErrorMeasure;
import dev.zonda.quantize.levels.Half;
import dev.zonda.quantize.levels.Rounding;
import dev.zonda.quantize.levels.ScaleSearch;

/// 256 values of 2 bits in sixteen groups of 16: value = d · s · q - dmin · m.
///
/// ```
/// byte  0                          16           80  82     84
///       | scales[16]               | qs[64]     | d | dmin |     2.625 bits per weight
///         lower half s, upper m      TwoBits     f16  f16
/// ```
final class Q2_K extends WeightedCodec {
  static final int VALUES = SuperBlocks.VALUES;
  static final int GROUPS = 16;
  static final int GROUP = VALUES / GROUPS;
  static final int SCALES = 0;
  static final int QS = 16;
  static final int D = 80;
  static final int DMIN = 82;
  static final int BYTES = 84;

  /// The highest level of a value.
  static final int TOP = 3;

  /// The highest level of a scale or minimum.
  static final int TOP_SCALE = 15;

  static final AffineSearch.Range RANGE = new AffineSearch.Range(TOP, -0.5f, 0.1f, 15);

  private final Kernels kernels;

  Q2_K(Kernels kernels) {
    super(TensorType.Q2_K);
    this.kernels = kernels;
  }

  @Override
  void encode(float[] values, int from, int blocks, byte[] out) {
    AffineSearch search = kernels.affineSearch(GROUP, RANGE, ErrorMeasure.ABSOLUTE);
    SuperBlocks work = new SuperBlocks(GROUPS);
    for (int b = 0; b < blocks; b += SuperBlocks.AT_ONCE) {
      int n = Math.min(SuperBlocks.AT_ONCE, blocks - b);
      int x = from + b * VALUES;
      Weighting.byMagnitude(values, x, n * VALUES, work.weights);
      search.fit(values, x, work.weights, n * GROUPS, work.fits);
      for (int k = 0; k < n; k++) {
        float d = toFourBits(work.fits.scale, k * GROUPS, work.scaleLevels);
        float dmin = toFourBits(work.fits.negativeMin, k * GROUPS, work.minLevels);
        pack(values, x + k * VALUES, work, k * GROUPS, d, dmin, out, (b + k) * BYTES);
      }
    }
  }

  /// The largest gets the highest level.
  private static float toFourBits(float[] x, int from, byte[] levels) {
    float largest = SuperBlocks.largest(x, from, GROUPS);
    float inverse = TOP_SCALE / largest;
    for (int j = 0; j < GROUPS; j++) {
      levels[j] = largest > 0 ? (byte) Rounding.nearest(inverse * x[from + j]) : 0;
    }
    return largest / TOP_SCALE;
  }

  @Override
  void encodeWeighted(
      float[] values, int from, int rows, int rowLength, float[] columns, byte[] out) {
    AffineSearch search =
        kernels.affineSearch(GROUP, AffineSearch.Range.weighted(TOP), ErrorMeasure.SQUARED);
    SuperBlocks work = new SuperBlocks(GROUPS);
    int blocks = rows * rowLength / VALUES;
    for (int b = 0; b < blocks; b += SuperBlocks.AT_ONCE) {
      int n = Math.min(SuperBlocks.AT_ONCE, blocks - b);
      int x = from + b * VALUES;
      work.weighByImportance(values, x, b, n, rowLength, columns, 1);
      search.fit(values, x, work.weights, n * GROUPS, work.fits);
      for (int k = 0; k < n; k++) {
        int fit = k * GROUPS;
        float d =
            ScaleSearch.search(
                work.fits.scale, fit, GROUPS, work.weightSums, TOP_SCALE, work.scaleLevels);
        float dmin =
            ScaleSearch.search(
                work.fits.negativeMin, fit, GROUPS, work.weightSums, TOP_SCALE, work.minLevels);
        pack(values, x + k * VALUES, work, fit, d, dmin, out, (b + k) * BYTES);
      }
    }
  }

  private void pack(
      float[] x, int from, SuperBlocks work, int fit, float d, float dmin, byte[] out, int at) {
    float halfD = Half.put(out, at + D, d);
    float halfMin = Half.put(out, at + DMIN, dmin);
    for (int group = 0; group < GROUPS; group++) {
      byte pair = (byte) (work.scaleLevels[group] | work.minLevels[group] << 4);
      out[at + SCALES + group] = pair;
      float scale = halfD * (pair & 15);
      int first = group * GROUP;
      if (scale != 0) {
        float min = halfMin * (pair >> 4 & 15);
        kernels.affineLevels(x, from + first, GROUP, scale, min, TOP, work.levels, first);
      } else {
        work.fits.affineLevels(fit + group, x, from + first, GROUP, TOP, work.levels, first);
      }
    }
    TwoBits.pack(work.levels, out, at + QS);
  }

  @Override
  void decode(byte[] in, int blocks, float[] values, int offset) {
    for (int b = 0; b < blocks; b++) {
      int at = b * BYTES;
      float d = Half.get(in, at + D);
      float dmin = Half.get(in, at + DMIN);
      for (int group = 0; group < GROUPS; group++) {
        int pair = in[at + SCALES + group];
        float scale = d * (pair & 15);
        float min = dmin * (pair >> 4 & 15);
        int run = group >> 1;
        int qs = at + QS + TwoBits.firstByte(run) + (group & 1) * GROUP;
        int to = offset + b * VALUES + group * GROUP;
        kernels.scaleBits(in, qs, GROUP, TwoBits.shift(run), 2, 0, scale, min, values, to);
      }
    }
  }
}
