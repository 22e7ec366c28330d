package dev.zonda.verify.kernels;

/// The exponential function in single precision: one definition for every machine, because
/// [Math#exp] may differ between platforms and is slow.
///
/// With `x = n ln 2 + r`, `|r| <= ln 2 / 2`, the result is `2^n` times a polynomial in `r` (the
/// minimax coefficients of Cephes' `expf`). The error is below one unit in the last place.
/// Arguments below [#SMALLEST] give zero, those above [#LARGEST] the value there.
final class Exponential {
  static final float SMALLEST = -87.33f;
  static final float LARGEST = 88.0f;

  static final float LOG2_E = 1.442695f;

  /// ln 2 in two parts: the first, 0.693359375, has so few digits that `n * LN2_HIGH` is exact.
  static final float LN2_HIGH = 0x1.63p-1f;

  static final float LN2_LOW = -2.1219444e-4f;

  /// 1.5 * 2^23: adding it leaves the nearest integer in the low bits.
  static final float ROUNDER = 12582912f;

  static final float C7 = 1.9875691e-4f;
  static final float C6 = 1.3981999e-3f;
  static final float C5 = 8.333452e-3f;
  static final float C4 = 4.1665796e-2f;
  static final float C3 = 0.16666666f;
  static final float C2 = 0.5f;

  private Exponential() {}

  /// `exp(x) - 1` for x of at most half of ln 2 on both sides.
  static float nearZeroMinusOne(float x) {
    return Math.fma(polynomial(x), x * x, x);
  }

  private static float polynomial(float r) {
    float p = Math.fma(C7, r, C6);
    p = Math.fma(p, r, C5);
    p = Math.fma(p, r, C4);
    p = Math.fma(p, r, C3);
    return Math.fma(p, r, C2);
  }

  static float exp(float x) {
    float bounded = Math.min(Math.max(x, SMALLEST), LARGEST);
    float shifted = Math.fma(bounded, LOG2_E, ROUNDER);
    float n = shifted - ROUNDER;
    float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, bounded));
    float p = nearZeroMinusOne(r) + 1;
    int exponent = Float.floatToRawIntBits(shifted) << 23;
    float result = Float.intBitsToFloat(Float.floatToRawIntBits(p) + exponent);
    return x < SMALLEST ? 0 : result;
  }
}
