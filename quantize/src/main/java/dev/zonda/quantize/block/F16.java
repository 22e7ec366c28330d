package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.levels.Half;

/// IEEE half precision, rounded to nearest even.
///
/// ```
///   15  14 ... 10  9 ... 0
///  sign  exponent  mantissa     little endian
/// ```
final class F16 extends SixteenBitCodec {
  F16() {
    super(TensorType.F16);
  }

  @Override
  void encode(float[] values, int from, int n, short[] out) {
    for (int i = 0; i < n; i++) {
      out[i] = Float.floatToFloat16(values[from + i]);
    }
    // In a loop of their own, so that the first one has no branch.
    for (int i = 0; i < n; i++) {
      if (Float.isNaN(values[from + i])) {
        out[i] = Half.of(values[from + i]);
      }
    }
  }

  @Override
  void decode(short[] in, int n, float[] values, int offset) {
    for (int i = 0; i < n; i++) {
      values[offset + i] = Float.float16ToFloat(in[i]);
    }
  }
}
