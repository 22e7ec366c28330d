package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.kernel.Kernels;
import dev.zonda.quantize.levels.AffineSearch;
import dev.zonda.quantize.levels.AffineSearch.ErrorMeasure;
import dev.zonda.quantize.levels.Half;
import dev.zonda.quantize.levels.Rounding;
import dev.zonda.quantize.levels.ScaleSearch;

/// What Q4_K and Q5_K share: super-blocks of eight groups of 32 values, each with a scale and a
/// minimum of six bits; value = d · s · q - dmin · m.
///
/// ```
/// byte  0   2      4                            16
///       | d | dmin | scales[12], SixBitPairs    | levels ...
///        f16  f16
/// ```
abstract class SixBitAffine extends WeightedCodec {
  static final int VALUES = SuperBlocks.VALUES;
  static final int GROUPS = SixBitPairs.COUNT;
  static final int GROUP = VALUES / GROUPS;
  static final int D = 0;
  static final int DMIN = 2;
  static final int SCALES = 4;
  static final int LEVELS = 16;

  /// The highest level of a scale or minimum.
  static final int TOP_SCALE = 63;

  final Kernels kernels;
  private final AffineSearch.Range range;

  SixBitAffine(TensorType type, AffineSearch.Range range, Kernels kernels) {
    super(type);
    this.range = range;
    this.kernels = kernels;
  }

  /// Packs the 256 levels of a super-block.
  ///
  /// @param at byte in `out` of the super-block
  abstract void packLevels(byte[] levels, byte[] out, int at);

  /// Bounds the level that the weighted search chose for a scale or minimum.
  abstract int bound(int level);

  @Override
  void encode(float[] values, int from, int blocks, byte[] out) {
    AffineSearch search = kernels.affineSearch(GROUP, range, ErrorMeasure.SQUARED);
    SuperBlocks work = new SuperBlocks(GROUPS);
    for (int b = 0; b < blocks; b += SuperBlocks.AT_ONCE) {
      int n = Math.min(SuperBlocks.AT_ONCE, blocks - b);
      int x = from + b * VALUES;
      Weighting.byMagnitudeAndMean(values, x, GROUP, n * GROUPS, work.sumsOfSquares, work.weights);
      search.fit(values, x, work.weights, n * GROUPS, work.fits);
      for (int k = 0; k < n; k++) {
        float d = toSixBits(work.fits.scale, k * GROUPS, work.scaleLevels);
        float dmin = toSixBits(work.fits.negativeMin, k * GROUPS, work.minLevels);
        pack(values, x + k * VALUES, work, k * GROUPS, d, dmin, out, (b + k) * blockBytes());
      }
    }
  }

  /// The largest gets the highest level.
  private static float toSixBits(float[] x, int from, byte[] levels) {
    float largest = SuperBlocks.largest(x, from, GROUPS);
    float inverse = largest > 0 ? TOP_SCALE / largest : 0;
    for (int j = 0; j < GROUPS; j++) {
      levels[j] = (byte) Math.min(TOP_SCALE, Rounding.nearest(inverse * x[from + j]) & 255);
    }
    return largest / TOP_SCALE;
  }

  @Override
  void encodeWeighted(
      float[] values, int from, int rows, int rowLength, float[] columns, byte[] out) {
    AffineSearch search =
        kernels.affineSearch(GROUP, AffineSearch.Range.weighted(range.top()), ErrorMeasure.SQUARED);
    SuperBlocks work = new SuperBlocks(GROUPS);
    int blocks = rows * rowLength / VALUES;
    for (int b = 0; b < blocks; b += SuperBlocks.AT_ONCE) {
      int n = Math.min(SuperBlocks.AT_ONCE, blocks - b);
      int x = from + b * VALUES;
      work.weighByImportance(values, x, b, n, rowLength, columns, 2);
      search.fit(values, x, work.weights, n * GROUPS, work.fits);
      for (int k = 0; k < n; k++) {
        float d = searchSixBits(work.fits.scale, k * GROUPS, work.weightSums, work.scaleLevels);
        float dmin =
            searchSixBits(work.fits.negativeMin, k * GROUPS, work.weightSums, work.minLevels);
        pack(values, x + k * VALUES, work, k * GROUPS, d, dmin, out, (b + k) * blockBytes());
      }
    }
  }

  private float searchSixBits(float[] x, int from, float[] weights, byte[] levels) {
    float step = ScaleSearch.search(x, from, GROUPS, weights, TOP_SCALE, levels);
    for (int j = 0; j < GROUPS; j++) {
      levels[j] = (byte) bound(levels[j] & 255);
    }
    return step;
  }

  private void pack(
      float[] x, int from, SuperBlocks work, int fit, float d, float dmin, byte[] out, int at) {
    float halfD = Half.put(out, at + D, d);
    float halfMin = Half.put(out, at + DMIN, dmin);
    SixBitPairs.pack(work.scaleLevels, work.minLevels, out, at + SCALES);
    int top = range.top();
    for (int group = 0; group < GROUPS; group++) {
      // Read back, not taken from the levels: a level beyond six bits comes back changed.
      float scale = halfD * SixBitPairs.scale(out, at + SCALES, group);
      float min = halfMin * SixBitPairs.min(out, at + SCALES, group);
      int first = group * GROUP;
      if (scale != 0) {
        kernels.affineLevels(x, from + first, GROUP, scale, min, top, work.levels, first);
      } else {
        work.fits.affineLevels(fit + group, x, from + first, GROUP, top, work.levels, first);
      }
    }
    packLevels(work.levels, out, at);
  }
}
