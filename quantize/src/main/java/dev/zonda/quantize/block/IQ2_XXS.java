package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.kernel.Kernels;
import dev.zonda.quantize.levels.Grid;
import dev.zonda.quantize.levels.GridFits;
import dev.zonda.quantize.levels.GridScheme;
import dev.zonda.quantize.levels.Half;

/// 256 values of 2 bits in eight groups of 32: value = d · (2s + 1) · point · sign / 8.
///
/// ```
/// byte  0   2                                66
///       | d | 8 × 8 bytes, a group each:     |   2.0625 bits per weight
///        f16  point[4]  u32: 4 × 7 signs (Signs.even), 0 lowest; s in the upper four bits
/// ```
public final class IQ2_XXS extends GridCodec {
  static final int GROUPS = 8;
  static final int GROUP = VALUES / GROUPS;
  static final int QS = 2;
  static final int GROUP_BYTES = 8;
  static final int BYTES = 66;

  private static final GridScheme SCHEME =
      new GridScheme(
          Grid.IQ2_XXS,
          GROUP,
          GridScheme.Parity.EVEN,
          1e-15f,
          6,
          0.1f,
          GridScheme.Start.FITTED,
          GridScheme.Refinement.ALL,
          1,
          1);

  IQ2_XXS(Kernels kernels) {
    super(TensorType.IQ2_XXS, SCHEME, kernels);
  }

  @Override
  public boolean requiresImportance() {
    return true;
  }

  @Override
  void putGroup(GridFits found, int fit, int group, int slot, byte[] out, int at) {
    int to = at + QS + group * GROUP_BYTES;
    for (int k = 0; k < 4; k++) {
      out[to + k] = (byte) found.point(fit, k);
    }
    PackedSigns.put(found, fit, out, to + 4);
  }

  @Override
  void putScale(int level, int group, byte[] out, int at) {
    PackedSigns.putScale(level, out, at + QS + group * GROUP_BYTES + 4);
  }

  @Override
  void decode(byte[] in, int blocks, float[] values, int offset) {
    for (int b = 0; b < blocks; b++) {
      int at = b * BYTES;
      float d = Half.get(in, at + D);
      for (int group = 0; group < GROUPS; group++) {
        int qs = at + QS + group * GROUP_BYTES;
        int packed = PackedSigns.get(in, qs + 4);
        float scale = d * (0.5f + PackedSigns.scale(packed)) * 0.25f;
        int to = offset + b * VALUES + group * GROUP;
        for (int k = 0; k < 4; k++) {
          int signs = PackedSigns.signs(packed, k);
          decodePoint(Grid.IQ2_XXS, in[qs + k] & 255, signs, 0, scale, values, to + 8 * k);
        }
      }
    }
  }
}
