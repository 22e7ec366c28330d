package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;

/// What Q4_K and Q5_K share: super-blocks of eight groups of 32 values, each with a scale and a
/// minimum of six bits; value = d · s · q - dmin · m.
///
/// ```
/// byte  0   2      4                            16
///       | d | dmin | scales[12], SixBitPairs    | levels ...
///        f16  f16
/// ```
abstract class SixBitAffine extends BlockCodec {
  static final int VALUES = 256;
  static final int GROUP = 32;
  static final int D = 0;
  static final int DMIN = 2;
  static final int SCALES = 4;
  static final int LEVELS = 16;

  /// The highest level of a scale or minimum.
  static final int TOP_SCALE = 63;

  private final AffineSearch.Range plain;
  private final AffineSearch.Range weighted;

  SixBitAffine(TensorType type, AffineSearch.Range plain) {
    super(type);
    this.plain = plain;
    this.weighted = new AffineSearch.Range(plain.top(), -0.9f, 0.05f, 36);
  }

  /// Packs the 256 levels of a super-block.
  ///
  /// @param at byte in `out` of the super-block
  abstract void packLevels(byte[] levels, byte[] out, int at);

  /// What becomes of the level of a scale or minimum that importance weights chose.
  abstract int bound(int level);

  @Override
  void encode(float[] values, int from, int blocks, byte[] out) {
    AffineGroups groups =
        new AffineGroups(SixBitPairs.COUNT, plain, AffineSearch.ErrorMeasure.SQUARED);
    byte[] scales = new byte[SixBitPairs.COUNT];
    byte[] mins = new byte[SixBitPairs.COUNT];
    for (int b = 0; b < blocks; b++) {
      int x = from + b * VALUES;
      for (int group = 0; group < groups.count(); group++) {
        weighByMagnitude(values, x + group * GROUP, groups.weights);
        groups.fit(values, x, group);
      }
      float d = toSixBits(groups.scales, scales);
      float dmin = toSixBits(groups.mins, mins);
      pack(values, x, groups, d, scales, dmin, mins, out, b * type().blockBytes());
    }
  }

  /// Weights without an importance matrix: the magnitude plus the group's root mean square.
  private static void weighByMagnitude(float[] x, int from, float[] weights) {
    float mean = (float) Math.sqrt(Weighting.sumOfSquares(x, from, GROUP) / GROUP);
    for (int i = 0; i < GROUP; i++) {
      weights[i] = mean + Math.abs(x[from + i]);
    }
  }

  /// The largest gets the highest level.
  private static float toSixBits(float[] x, byte[] levels) {
    float largest = AffineGroups.largest(x);
    float inverse = largest > 0 ? TOP_SCALE / largest : 0;
    for (int j = 0; j < x.length; j++) {
      levels[j] = (byte) Math.min(TOP_SCALE, Rounding.nearest(inverse * x[j]) & 255);
    }
    return largest / TOP_SCALE;
  }

  @Override
  void encodeWeighted(
      float[] values, int from, int rows, int rowLength, float[] weights, byte[] out) {
    AffineGroups groups =
        new AffineGroups(SixBitPairs.COUNT, weighted, AffineSearch.ErrorMeasure.SQUARED);
    byte[] scales = new byte[SixBitPairs.COUNT];
    byte[] mins = new byte[SixBitPairs.COUNT];
    for (int b = 0; b < rows * rowLength / VALUES; b++) {
      int x = from + b * VALUES;
      float meanSquare = 2 * Weighting.sumOfSquares(values, x, VALUES) / VALUES;
      groups.fitWeighted(values, x, weights, b * VALUES % rowLength, meanSquare);
      float d = searchSixBits(groups.scales, groups.weightSums, scales);
      float dmin = searchSixBits(groups.mins, groups.weightSums, mins);
      pack(values, x, groups, d, scales, dmin, mins, out, b * type().blockBytes());
    }
  }

  private float searchSixBits(float[] x, float[] weights, byte[] levels) {
    float step = ScaleSearch.search(x, x.length, weights, TOP_SCALE, levels);
    for (int j = 0; j < levels.length; j++) {
      levels[j] = (byte) bound(levels[j] & 255);
    }
    return step;
  }

  private void pack(
      float[] x,
      int from,
      AffineGroups groups,
      float d,
      byte[] scales,
      float dmin,
      byte[] mins,
      byte[] out,
      int at) {
    float halfD = Half.put(out, at + D, d);
    float halfMin = Half.put(out, at + DMIN, dmin);
    SixBitPairs.pack(scales, mins, out, at + SCALES);
    for (int group = 0; group < groups.count(); group++) {
      // Read back, not taken from the levels: a level beyond six bits comes back changed.
      float scale = halfD * SixBitPairs.scale(out, at + SCALES, group);
      groups.settle(x, from, group, scale, halfMin * SixBitPairs.min(out, at + SCALES, group));
    }
    packLevels(groups.levels, out, at);
  }
}
