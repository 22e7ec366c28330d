package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;

/// IEEE half precision, rounded to nearest even.
///
/// ```
///   15  14 ... 10  9 ... 0
///  sign  exponent  mantissa     little endian
/// ```
final class F16 extends BlockCodec {
  F16() {
    super(TensorType.F16);
  }

  @Override
  void encode(float[] values, int from, int blocks, byte[] out) {
    for (int i = 0; i < blocks; i++) {
      short half = Half.of(values[from + i]);
      out[2 * i] = (byte) half;
      out[2 * i + 1] = (byte) (half >> 8);
    }
  }

  @Override
  void decode(byte[] in, int blocks, float[] values, int offset) {
    for (int i = 0; i < blocks; i++) {
      values[offset + i] = Half.get(in, 2 * i);
    }
  }
}
