package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.kernel.Kernels;
import dev.zonda.quantize.levels.AffineSearch;
import dev.zonda.quantize.levels.Half;

/// 256 values of 4 bits in eight groups: value = d · s · q - dmin · m.
///
/// ```
/// byte  0   2      4            16                                144
///       | d | dmin | scales[12] | qs[128]                         |     4.5 bits per weight
///        f16  f16    SixBitPairs  lower half of byte 32p + i: value i of group 2p,
///                                 upper half: value i of group 2p + 1
/// ```
final class Q4_K extends SixBitAffine {
  static final int QS = LEVELS;
  static final int BYTES = 144;
  static final AffineSearch.Range RANGE = new AffineSearch.Range(15, -1f, 0.1f, 20);

  Q4_K(Kernels kernels) {
    super(TensorType.Q4_K, RANGE, kernels);
  }

  /// ggml takes the level as it is, even if it does not fit into six bits.
  @Override
  int bound(int level) {
    return level;
  }

  @Override
  void packLevels(byte[] levels, byte[] out, int at) {
    for (int pair = 0; pair < 4; pair++) {
      int lower = 2 * pair * GROUP;
      for (int i = 0; i < GROUP; i += EightBytes.COUNT) {
        long upper = EightBytes.get(levels, lower + GROUP + i);
        EightBytes.put(
            out, at + QS + pair * GROUP + i, EightBytes.get(levels, lower + i) | upper << 4);
      }
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
        kernels.scaleBits(in, qs, GROUP, shift, 4, 0, scale, min, values, to);
      }
    }
  }
}
