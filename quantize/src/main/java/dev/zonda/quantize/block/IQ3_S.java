package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.kernel.Kernels;
import dev.zonda.quantize.levels.Grid;
import dev.zonda.quantize.levels.GridFits;
import dev.zonda.quantize.levels.GridScheme;
import dev.zonda.quantize.levels.Half;

/// 256 values of 3 bits in eight groups of 32: value = d · (2s + 1) · point · sign.
///
/// ```
/// byte  0   2        66           74          106         110
///       | d | qs[64] | qh[8]      | signs[32] | scales[4] |   3.4375 bits per weight
///        f16  lower    ninth bits   8 values    s: four bits,
///             bits of  of eight     a byte      even group lower
///             a point  points
/// ```
public final class IQ3_S extends GridCodec {
  static final int GROUPS = 8;
  static final int GROUP = VALUES / GROUPS;
  static final int QS = 2;
  static final int QH = 66;
  static final int SIGNS = 74;
  static final int SCALES = 106;
  static final int BYTES = 110;

  private static final GridScheme SCHEME =
      new GridScheme(
          Grid.IQ3_S,
          GROUP,
          GridScheme.Parity.ANY,
          Float.MIN_VALUE,
          9,
          0.2f,
          GridScheme.Start.LARGEST,
          GridScheme.Refinement.ALL_IF_ANY,
          1.033f,
          2);

  IQ3_S(Kernels kernels) {
    super(TensorType.IQ3_S, SCHEME, kernels);
  }

  @Override
  void weigh(float[] x, int from, float meanSquare, float[] weights, int to) {
    Weighting.bySquare(x, from, VALUES, weights, to);
  }

  /// The lower bits of points and the signs move up where a group before is all zero: a bug of
  /// ggml, which forgets to skip these bytes. The ninth bits stay in their place.
  @Override
  void putGroup(GridFits found, int fit, int group, int slot, byte[] out, int at) {
    int ninthBits = 0;
    for (int k = 0; k < 8; k++) {
      out[at + QS + 8 * slot + k] = (byte) found.point(fit, k);
      ninthBits |= found.point(fit, k) >> 8 << k;
    }
    out[at + QH + group] = (byte) ninthBits;
    for (int k = 0; k < 4; k++) {
      out[at + SIGNS + 4 * slot + k] = (byte) found.sign(fit, k);
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
      for (int group = 0; group < GROUPS; group++) {
        float scale = d * (1 + 2 * halfByte(in, at + SCALES, group));
        int to = offset + b * VALUES + group * GROUP;
        for (int k = 0; k < 8; k++) {
          int ninthBit = in[at + QH + group] >> k & 1;
          int point = (in[at + QS + 8 * group + k] & 255) | ninthBit << 8;
          int signs = in[at + SIGNS + 4 * group + k / 2] & 255;
          decodePoint(Grid.IQ3_S, point, signs, 4 * (k & 1), scale, values, to + 4 * k);
        }
      }
    }
  }
}
