package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;

/// 32 values of 8 bits and a scale: value = d · qs.
///
/// ```
/// byte  0   2                        34
///       | d | qs[32], signed bytes   |      8.5 bits per weight
///        f16
/// ```
final class Q8_0 extends BlockCodec {
  static final int VALUES = 32;
  static final int D = 0;
  static final int QS = 2;
  static final int BYTES = 34;

  private final Kernels kernels;

  Q8_0(Kernels kernels) {
    super(TensorType.Q8_0);
    this.kernels = kernels;
  }

  @Override
  void encode(float[] values, int from, int blocks, byte[] out) {
    kernels.encodeQ8_0(values, from, blocks, out);
  }

  /// One block, in plain Java.
  static void encodeBlock(float[] x, int from, byte[] out, int at) {
    float largest = 0;
    for (int i = 0; i < VALUES; i++) {
      float magnitude = Math.abs(x[from + i]);
      largest = largest > magnitude ? largest : magnitude;
    }
    float d = largest / 127;
    float inverse = d != 0 ? 1 / d : 0;
    Half.put(out, at + D, d);
    for (int i = 0; i < VALUES; i++) {
      out[at + QS + i] = (byte) Rounding.halfAway(x[from + i] * inverse);
    }
  }

  @Override
  void decode(byte[] in, int blocks, float[] values, int offset) {
    for (int b = 0; b < blocks; b++) {
      int at = b * BYTES;
      int to = offset + b * VALUES;
      float d = Half.get(in, at + D);
      kernels.scaleBytes(in, at + QS, VALUES, d, values, to);
    }
  }
}
