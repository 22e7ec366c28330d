package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.kernel.Kernels;

/// The upper half of a single-precision float, rounded to nearest even; NaNs are made quiet and
/// keep the upper bits of their payload.
///
/// ```
///   15  14 ... 7  6 ... 0
///  sign  exponent mantissa     little endian
/// ```
final class BF16 extends SixteenBitCodec {
  private final Kernels kernels;

  BF16(Kernels kernels) {
    super(TensorType.BF16);
    this.kernels = kernels;
  }

  @Override
  void encode(float[] values, int from, int n, short[] out) {
    kernels.narrowToBrainFloats(values, from, n, out);
  }

  @Override
  void decode(short[] in, int n, float[] values, int offset) {
    kernels.widenBrainFloats(in, n, values, offset);
  }
}
