package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;

/// The upper half of a single-precision float, rounded to nearest even; NaNs are made quiet and
/// keep the upper bits of their payload.
///
/// ```
///   15  14 ... 7  6 ... 0
///  sign  exponent mantissa     little endian
/// ```
class BF16 extends BlockCodec {
  static final int QUIET = 0x40;

  BF16() {
    super(TensorType.BF16);
  }

  @Override
  void encode(float[] values, int from, int blocks, byte[] out) {
    for (int i = 0; i < blocks; i++) {
      int bits = Float.floatToRawIntBits(values[from + i]);
      int upper =
          Float.isNaN(values[from + i])
              ? bits >>> 16 | QUIET
              : (bits + 0x7fff + (bits >>> 16 & 1)) >>> 16;
      out[2 * i] = (byte) upper;
      out[2 * i + 1] = (byte) (upper >> 8);
    }
  }

  @Override
  void decode(byte[] in, int blocks, float[] values, int offset) {
    for (int i = 0; i < blocks; i++) {
      values[offset + i] = Float.intBitsToFloat((in[2 * i] & 255) << 16 | in[2 * i + 1] << 24);
    }
  }
}
