package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.kernel.Kernels;
import dev.zonda.quantize.levels.Grid;
import dev.zonda.quantize.levels.GridFits;
import dev.zonda.quantize.levels.GridScheme;
import dev.zonda.quantize.levels.Half;
import dev.zonda.quantize.levels.Signs;

/// 256 values of 2 bits in sixteen groups of 16: value = d · (2s + 1) · point · sign / 8.
///
/// ```
/// byte  0   2                        66          74
///       | d | qs[32], u16 each:      | scales[8] |   2.3125 bits per weight
///        f16  point in 9, signs in     s: four bits,
///             7 bits (Signs.even)      even group lower
/// ```
public final class IQ2_XS extends GridCodec {
  static final int GROUPS = 16;
  static final int GROUP = VALUES / GROUPS;
  static final int QS = 2;
  static final int SCALES = 66;
  static final int BYTES = 74;

  private static final int POINT_BITS = 9;

  private static final GridScheme SCHEME =
      new GridScheme(
          Grid.IQ2_XS,
          GROUP,
          GridScheme.Parity.EVEN,
          1e-15f,
          9,
          0.1f,
          GridScheme.Start.LARGEST,
          GridScheme.Refinement.BESIDE_GRID,
          1,
          1);

  IQ2_XS(Kernels kernels) {
    super(TensorType.IQ2_XS, SCHEME, kernels);
  }

  @Override
  public boolean requiresImportance() {
    return true;
  }

  @Override
  void putGroup(GridFits found, int fit, int group, int slot, byte[] out, int at) {
    for (int k = 0; k < 2; k++) {
      int packed = found.point(fit, k) | Signs.stored(found.sign(fit, k)) << POINT_BITS;
      int to = at + QS + 4 * group + 2 * k;
      out[to] = (byte) packed;
      out[to + 1] = (byte) (packed >> 8);
    }
  }

  @Override
  void putScale(int level, int group, byte[] out, int at) {
    putHalfByte(level, group, out, at + SCALES);
  }

  @Override
  void decode(byte[] in, int blocks, float[] values, int offset) {
    for (int b = 0; b < blocks; b++) {
      int at = b * BYTES;
      float d = Half.get(in, at + D);
      for (int k = 0; k < VALUES / 8; k++) {
        int packed = (in[at + QS + 2 * k] & 255) | (in[at + QS + 2 * k + 1] & 255) << 8;
        float scale = d * (0.5f + halfByte(in, at + SCALES, k / 2)) * 0.25f;
        int point = packed & ((1 << POINT_BITS) - 1);
        int signs = Signs.even(packed >> POINT_BITS);
        decodePoint(Grid.IQ2_XS, point, signs, 0, scale, values, offset + b * VALUES + 8 * k);
      }
    }
  }
}
