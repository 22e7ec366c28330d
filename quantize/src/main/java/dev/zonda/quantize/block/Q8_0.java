package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.kernel.Kernels;
import dev.zonda.quantize.levels.EightBits;
import dev.zonda.quantize.levels.Half;

/// 32 values of 8 bits and a scale: value = d · qs.
///
/// ```
/// byte  0   2                        34
///       | d | qs[32], signed bytes   |      8.5 bits per weight
///        f16
/// ```
final class Q8_0 extends BlockCodec {
  private final Kernels kernels;

  Q8_0(Kernels kernels) {
    super(TensorType.Q8_0);
    this.kernels = kernels;
  }

  @Override
  void encode(float[] values, int from, int blocks, byte[] out) {
    kernels.encodeQ8_0(values, from, blocks, out);
  }

  @Override
  void decode(byte[] in, int blocks, float[] values, int offset) {
    for (int b = 0; b < blocks; b++) {
      int at = b * EightBits.BYTES;
      int to = offset + b * EightBits.VALUES;
      float d = Half.get(in, at + EightBits.D);
      kernels.scaleBytes(in, at + EightBits.QS, EightBits.VALUES, d, values, to);
    }
  }
}
