package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.kernel.Kernels;
import dev.zonda.quantize.levels.Grid;
import dev.zonda.quantize.levels.GridFits;
import dev.zonda.quantize.levels.GridScheme;
import dev.zonda.quantize.levels.Half;

/// 256 values of 2 bits in sixteen groups of 16: value = d · (2s + 1) · point · sign / 8.
///
/// ```
/// byte  0   2        34          66               74          82
///       | d | qs[32] | signs[32] | qh[8]          | scales[8] |   2.5625 bits per weight
///        f16  lower    8 values    upper two bits   s: four bits,
///             bits of  a byte      of four points,  even group lower
///             a point              0 lowest
/// ```
public final class IQ2_S extends GridCodec {
  static final int GROUPS = 16;
  static final int GROUP = VALUES / GROUPS;
  static final int QS = 2;
  static final int SIGNS = 34;
  static final int QH = 66;
  static final int SCALES = 74;
  static final int BYTES = 82;

  private static final GridScheme SCHEME =
      new GridScheme(
          Grid.IQ2_S,
          GROUP,
          GridScheme.Parity.ANY,
          1e-8f,
          9,
          0.1f,
          GridScheme.Start.LARGEST,
          GridScheme.Refinement.BESIDE_GRID,
          0.9875f,
          2);

  IQ2_S(Kernels kernels) {
    super(TensorType.IQ2_S, SCHEME, kernels);
  }

  @Override
  void weigh(float[] x, int from, float meanSquare, float[] weights, int to) {
    for (int i = 0; i < VALUES; i++) {
      weights[to + i] = 0.25f * meanSquare + x[from + i] * x[from + i];
    }
  }

  @Override
  void putGroup(GridFits found, int fit, int group, int slot, byte[] out, int at) {
    for (int k = 0; k < 2; k++) {
      int eight = 2 * group + k;
      int point = found.point(fit, k);
      out[at + QS + eight] = (byte) point;
      out[at + QH + eight / 4] |= (byte) (point >> 8 << (2 * (eight & 3)));
      out[at + SIGNS + eight] = (byte) found.sign(fit, k);
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
        float scale = d * (0.5f + halfByte(in, at + SCALES, k / 2)) * 0.25f;
        int upper = in[at + QH + k / 4] >> (2 * (k & 3)) & 3;
        int point = (in[at + QS + k] & 255) | upper << 8;
        int signs = in[at + SIGNS + k] & 255;
        decodePoint(Grid.IQ2_S, point, signs, 0, scale, values, offset + b * VALUES + 8 * k);
      }
    }
  }
}
