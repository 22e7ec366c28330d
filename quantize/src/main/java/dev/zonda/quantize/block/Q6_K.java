package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import java.util.Arrays;

/// 256 values of 6 bits in sixteen groups of 16: value = d · s · (q - 32).
///
/// ```
/// byte  0                 128               192                       208 210
///       | ql[128]         | qh[64]          | scales[16], signed      | d |   6.5625 bits per weight
///                                                                      f16
/// ```
///
/// Each half of 128 values takes 64 bytes of `ql` and 32 of `qh`. Byte i of 32: the lower four bits
/// of values i and i + 64 are in `ql[i]`, of values i + 32 and i + 96 in `ql[i + 32]`; the upper
/// two bits of all four, the first in the lowest bits, in `qh[i]`.
class Q6_K extends BlockCodec {
  static final int VALUES = 256;
  static final int GROUPS = 16;
  static final int GROUP = 16;
  static final int QL = 0;
  static final int QH = 128;
  static final int SCALES = 192;
  static final int D = 208;
  static final int BYTES = 210;

  /// Levels run from -32 to 31.
  static final int BOUND = 32;

  Q6_K() {
    super(TensorType.Q6_K);
  }

  @Override
  void encode(float[] values, int from, int blocks, byte[] out) {
    byte[] levels = new byte[VALUES];
    float[] scales = new float[GROUPS];
    float[] squares = new float[VALUES];
    for (int b = 0; b < blocks; b++) {
      int x = from + b * VALUES;
      for (int i = 0; i < VALUES; i++) {
        squares[i] = values[x + i] * values[x + i];
      }
      search(values, x, squares, 0, levels, scales);
      pack(values, x, levels, scales, out, b * BYTES);
    }
  }

  /// Importance weights are taken as they are, without regard to the values.
  @Override
  void encodeWeighted(
      float[] values, int from, int rows, int rowLength, float[] weights, byte[] out) {
    byte[] levels = new byte[VALUES];
    float[] scales = new float[GROUPS];
    for (int b = 0; b < rows * rowLength / VALUES; b++) {
      int x = from + b * VALUES;
      search(values, x, weights, b * VALUES % rowLength, levels, scales);
      pack(values, x, levels, scales, out, b * BYTES);
    }
  }

  private static void search(
      float[] x, int from, float[] weights, int weightsFrom, byte[] levels, float[] scales) {
    for (int group = 0; group < GROUPS; group++) {
      int first = group * GROUP;
      scales[group] =
          SymmetricSearch.search(
              x, from + first, GROUP, weights, weightsFrom + first, BOUND, levels, first);
    }
  }

  private static void pack(float[] x, int from, byte[] levels, float[] scales, byte[] out, int at) {
    float max = Extremum.ofLargestMagnitude(scales, 0, GROUPS);
    if (Math.abs(max) < SymmetricSearch.ALL_ZERO) {
      Arrays.fill(out, at, at + BYTES, (byte) 0);
      return;
    }
    float inverse = -128 / max;
    float d = Half.put(out, at + D, 1 / inverse);
    for (int group = 0; group < GROUPS; group++) {
      byte s = (byte) Math.min(127, Rounding.nearest(inverse * scales[group]));
      out[at + SCALES + group] = s;
      float scale = d * s;
      if (scale == 0) {
        continue;
      }
      for (int i = group * GROUP; i < (group + 1) * GROUP; i++) {
        levels[i] = (byte) (Rounding.nearest(x[from + i] / scale, -BOUND, BOUND - 1) + BOUND);
      }
    }
    for (int half = 0; half < 2; half++) {
      int ql = at + QL + 64 * half;
      int qh = at + QH + 32 * half;
      for (int i = 0; i < 32; i++) {
        int a = levels[128 * half + i];
        int b = levels[128 * half + i + 32];
        int c = levels[128 * half + i + 64];
        int e = levels[128 * half + i + 96];
        out[ql + i] = (byte) ((a & 15) | (c & 15) << 4);
        out[ql + i + 32] = (byte) ((b & 15) | (e & 15) << 4);
        out[qh + i] = (byte) (a >> 4 | b >> 4 << 2 | c >> 4 << 4 | e >> 4 << 6);
      }
    }
  }

  @Override
  void decode(byte[] in, int blocks, float[] values, int offset) {
    for (int b = 0; b < blocks; b++) {
      int at = b * BYTES;
      float d = Half.get(in, at + D);
      for (int group = 0; group < GROUPS; group++) {
        float scale = d * in[at + SCALES + group];
        int run = group >> 1;
        int within = (run >> 2) * 32 + (group & 1) * GROUP;
        int ql = at + QL + (run >> 2) * 64 + (run & 1) * 32 + (group & 1) * GROUP;
        int lowShift = (run >> 1 & 1) * 4;
        int highShift = (run & 3) * 2;
        int to = offset + b * VALUES + group * GROUP;
        for (int i = 0; i < GROUP; i++) {
          int low = in[ql + i] >> lowShift & 15;
          int high = in[at + QH + within + i] >> highShift & 3;
          values[to + i] = scale * ((low | high << 4) - BOUND);
        }
      }
    }
  }
}
