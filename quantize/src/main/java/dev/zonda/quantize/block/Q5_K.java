package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.kernel.Kernels;
import dev.zonda.quantize.levels.AffineSearch;
import dev.zonda.quantize.levels.Half;

/// 256 values of 5 bits in eight groups: value = d · s · q - dmin · m.
///
/// ```
/// byte  0   2      4            16               48                          176
///       | d | dmin | scales[12] | qh[32]         | qs[128]                   |  5.5 bits per weight
///        f16  f16    SixBitPairs  bit g of byte i: lower four bits, as in Q4_K
///                                 fifth bit of value i
///                                 of group g
/// ```
final class Q5_K extends SixBitAffine {
  static final int QH = LEVELS;
  static final int QS = QH + GROUP;
  static final int BYTES = 176;
  static final AffineSearch.Range RANGE = new AffineSearch.Range(31, -0.5f, 0.1f, 15);
  private static final long LOW = EightBytes.filled(15);
  private static final long ONE = EightBytes.filled(1);

  Q5_K(Kernels kernels) {
    super(TensorType.Q5_K, RANGE, kernels);
  }

  @Override
  int bound(int level) {
    return Math.min(TOP_SCALE, level);
  }

  @Override
  void packLevels(byte[] levels, byte[] out, int at) {
    for (int i = 0; i < GROUP; i += EightBytes.COUNT) {
      long fifthBits = 0;
      for (int pair = 0; pair < 4; pair++) {
        long lower = EightBytes.get(levels, 2 * pair * GROUP + i);
        long upper = EightBytes.get(levels, (2 * pair + 1) * GROUP + i);
        EightBytes.put(out, at + QS + pair * GROUP + i, (lower & LOW) | (upper & LOW) << 4);
        fifthBits |= ((lower >>> 4 & ONE) | (upper >>> 4 & ONE) << 1) << (2 * pair);
      }
      EightBytes.put(out, at + QH + i, fifthBits);
    }
  }

  @Override
  void decode(byte[] in, int blocks, float[] values, int offset) {
    for (int b = 0; b < blocks; b++) {
      int at = b * BYTES;
      float d = Half.get(in, at + D);
      float dmin = Half.get(in, at + DMIN);
      for (int group = 0; group < GROUPS; group++) {
        float scale = d * SixBitPairs.scale(in, at + SCALES, group);
        float min = dmin * SixBitPairs.min(in, at + SCALES, group);
        int qs = at + QS + (group >> 1) * GROUP;
        int shift = (group & 1) * 4;
        int to = offset + b * VALUES + group * GROUP;
        kernels.scaleSplitBits(
            in, qs, shift, 4, at + QH, group, 1, GROUP, 0, scale, min, values, to);
      }
    }
  }
}
