package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.kernel.Kernels;
import dev.zonda.quantize.levels.Grid;
import dev.zonda.quantize.levels.GridFits;
import dev.zonda.quantize.levels.GridScheme;
import dev.zonda.quantize.levels.Half;

/// 256 values of 3 bits in eight groups of 32: value = d · (2s + 1) · point · sign / 4.
///
/// ```
/// byte  0   2            66                              98
///       | d | points[64] | 8 × u32, a group each:        |   3.0625 bits per weight
///        f16  4 values     4 × 7 signs (Signs.even), 0 lowest;
///             a byte       s in the upper four bits
/// ```
public final class IQ3_XXS extends GridCodec {
  static final int GROUPS = 8;
  static final int GROUP = VALUES / GROUPS;
  static final int QS = 2;
  static final int SIGNS = 66;
  static final int BYTES = 98;

  private static final GridScheme SCHEME =
      new GridScheme(
          Grid.IQ3_XXS,
          GROUP,
          GridScheme.Parity.EVEN,
          1e-8f,
          15,
          0.2f,
          GridScheme.Start.LARGEST,
          GridScheme.Refinement.BESIDE_GRID,
          1.0125f,
          2);

  IQ3_XXS(Kernels kernels) {
    super(TensorType.IQ3_XXS, SCHEME, kernels);
  }

  @Override
  void weigh(float[] x, int from, float meanSquare, float[] weights, int to) {
    Weighting.bySquare(x, from, VALUES, weights, to);
  }

  @Override
  void putGroup(GridFits found, int fit, int group, int slot, byte[] out, int at) {
    for (int k = 0; k < 8; k++) {
      out[at + QS + 8 * group + k] = (byte) found.point(fit, k);
    }
    PackedSigns.put(found, fit, out, at + SIGNS + 4 * group);
  }

  @Override
  void putScale(int level, int group, byte[] out, int at) {
    PackedSigns.putScale(level, out, at + SIGNS + 4 * group);
  }

  @Override
  void decode(byte[] in, int blocks, float[] values, int offset) {
    for (int b = 0; b < blocks; b++) {
      int at = b * BYTES;
      float d = Half.get(in, at + D);
      for (int group = 0; group < GROUPS; group++) {
        int packed = PackedSigns.get(in, at + SIGNS + 4 * group);
        float scale = d * (0.5f + PackedSigns.scale(packed)) * 0.5f;
        int to = offset + b * VALUES + group * GROUP;
        for (int k = 0; k < 8; k++) {
          int point = in[at + QS + 8 * group + k] & 255;
          int signs = PackedSigns.signs(packed, k / 2);
          decodePoint(Grid.IQ3_XXS, point, signs, 4 * (k & 1), scale, values, to + 4 * k);
        }
      }
    }
  }
}
