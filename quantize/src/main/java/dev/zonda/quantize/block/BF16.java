package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;

/// The upper half of a single-precision float, rounded to nearest even; NaNs are made quiet and
/// keep the upper bits of their payload.
///
/// ```
///   15  14 ... 7  6 ... 0
///  sign  exponent mantissa     little endian
/// ```
final class BF16 extends SixteenBitCodec {
  static final int QUIET = 0x40;

  private final Kernels kernels;

  BF16(Kernels kernels) {
    super(TensorType.BF16);
    this.kernels = kernels;
  }

  @Override
  void encode(float[] values, int from, int n, short[] out) {
    kernels.narrowToBrainFloats(values, from, n, out);
  }

  /// The upper half of one value.
  static short of(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) (bits >>> 16 | QUIET);
    }
    return (short) ((bits + 0x7fff + (bits >>> 16 & 1)) >>> 16);
  }

  @Override
  void decode(short[] in, int n, float[] values, int offset) {
    kernels.widenBrainFloats(in, n, values, offset);
  }
}
