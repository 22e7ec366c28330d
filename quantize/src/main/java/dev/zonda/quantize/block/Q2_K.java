package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;

/// 256 values of 2 bits in sixteen groups of 16: value = d · s · q - dmin · m.
///
/// ```
/// byte  0                          16           80  82     84
///       | scales[16]               | qs[64]     | d | dmin |     2.625 bits per weight
///         lower half s, upper m      TwoBits     f16  f16
/// ```
class Q2_K extends BlockCodec {
  static final int VALUES = 256;
  static final int GROUPS = 16;
  static final int GROUP = 16;
  static final int SCALES = 0;
  static final int QS = 16;
  static final int D = 80;
  static final int DMIN = 82;
  static final int BYTES = 84;

  /// The highest level of a scale or minimum.
  static final int TOP_SCALE = 15;

  static final AffineSearch.Range PLAIN = new AffineSearch.Range(3, -0.5f, 0.1f, 15);
  static final AffineSearch.Range WEIGHTED = new AffineSearch.Range(3, -0.9f, 0.05f, 36);

  Q2_K() {
    super(TensorType.Q2_K);
  }

  @Override
  void encode(float[] values, int from, int blocks, byte[] out) {
    AffineGroups groups = new AffineGroups(GROUPS, PLAIN, AffineSearch.ErrorMeasure.ABSOLUTE);
    byte[] scales = new byte[GROUPS];
    byte[] mins = new byte[GROUPS];
    for (int b = 0; b < blocks; b++) {
      int x = from + b * VALUES;
      for (int group = 0; group < GROUPS; group++) {
        for (int i = 0; i < GROUP; i++) {
          groups.weights[i] = Math.abs(values[x + group * GROUP + i]);
        }
        groups.fit(values, x, group);
      }
      float d = toFourBits(groups.scales, scales);
      float dmin = toFourBits(groups.mins, mins);
      pack(values, x, groups, d, scales, dmin, mins, out, b * BYTES);
    }
  }

  /// The largest gets the highest level.
  private static float toFourBits(float[] x, byte[] levels) {
    float largest = AffineGroups.largest(x);
    float inverse = largest > 0 ? TOP_SCALE / largest : 0;
    for (int j = 0; j < GROUPS; j++) {
      levels[j] = largest > 0 ? (byte) Rounding.nearest(inverse * x[j]) : 0;
    }
    return largest / TOP_SCALE;
  }

  @Override
  void encodeWeighted(
      float[] values, int from, int rows, int rowLength, float[] weights, byte[] out) {
    AffineGroups groups = new AffineGroups(GROUPS, WEIGHTED, AffineSearch.ErrorMeasure.SQUARED);
    byte[] scales = new byte[GROUPS];
    byte[] mins = new byte[GROUPS];
    for (int b = 0; b < rows * rowLength / VALUES; b++) {
      int x = from + b * VALUES;
      float meanSquare = Weighting.sumOfSquares(values, x, VALUES) / VALUES;
      groups.fitWeighted(values, x, weights, b * VALUES % rowLength, meanSquare);
      float d = ScaleSearch.search(groups.scales, GROUPS, groups.weightSums, TOP_SCALE, scales);
      float dmin = ScaleSearch.search(groups.mins, GROUPS, groups.weightSums, TOP_SCALE, mins);
      pack(values, x, groups, d, scales, dmin, mins, out, b * BYTES);
    }
  }

  private static void pack(
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
    for (int group = 0; group < GROUPS; group++) {
      byte pair = (byte) (scales[group] | mins[group] << 4);
      out[at + SCALES + group] = pair;
      groups.settle(x, from, group, halfD * (pair & 15), halfMin * (pair >> 4 & 15));
    }
    TwoBits.pack(groups.levels, out, at + QS);
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
        int shift = TwoBits.shift(run);
        int to = offset + b * VALUES + group * GROUP;
        for (int i = 0; i < GROUP; i++) {
          values[to + i] = scale * (in[qs + i] >> shift & 3) - min;
        }
      }
    }
  }
}
