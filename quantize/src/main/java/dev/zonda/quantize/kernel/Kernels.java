package dev.zonda.quantize.kernel;

import dev.zonda.quantize.levels.AffineSearch;
import dev.zonda.quantize.levels.GridScheme;
import dev.zonda.quantize.levels.GridSearch;
import dev.zonda.quantize.levels.NonlinearSearch;
import dev.zonda.quantize.levels.SignedRefinement;
import dev.zonda.quantize.levels.SymmetricSearch;
import dev.zonda.quantize.levels.TernarySearch;

/// The loops that take the time, twice: [ScalarKernels] in plain Java and [VectorKernels] with the
/// Vector API. Both give the same bits.
///
/// Searches are objects with scratch of their own: one for each call of a codec.
public interface Kernels {
  AffineSearch affineSearch(
      int groupSize, AffineSearch.Range range, AffineSearch.ErrorMeasure measure);

  SymmetricSearch symmetricSearch(int groupSize, int bound);

  SignedRefinement signedRefinement(int groupSize, int bound);

  NonlinearSearch nonlinearSearch();

  /// See `NonlinearLevels.pack`.
  void packNonlinear(float[] x, int from, float inverse, byte[] out, int qs);

  GridSearch gridSearch(GridScheme scheme);

  TernarySearch oneShiftSearch(int groupSize);

  TernarySearch twoShiftSearch(int groupSize);

  /// See `Ternary.levels`.
  float ternaryLevels(float[] x, int from, byte[] levels);

  /// See `FourBitFloat.nearest`.
  ///
  /// @param n number of values, a multiple of 16
  /// @param levels receives the levels, from index `at` on
  void nearestFourBitFloats(float[] x, int from, int n, float scale, byte[] levels, int at);

  /// Levels for a scale and a minimum: `(x + min) / scale`, rounded, from 0 to `top`.
  void affineLevels(
      float[] x, int from, int n, float scale, float min, int top, byte[] levels, int at);

  /// Levels for a scale: `x / scale`, rounded, from `-bound` to `bound - 1`; stored plus `bound`.
  void symmetricLevels(float[] x, int from, int n, float scale, int bound, byte[] levels, int at);

  /// See `Extremum.ofLargestMagnitude`.
  ///
  /// @param n number of values, a multiple of 16, at most 64
  float largestMagnitude(float[] x, int from, int n);

  /// See `Extremum.smallest`.
  ///
  /// @param n number of values, a multiple of 16
  float smallest(float[] x, int from, int n);

  /// See `Extremum.largest`.
  ///
  /// @param n number of values, a multiple of 16
  float largest(float[] x, int from, int n);

  /// See `Nibbles.packCut`.
  int packCut(
      float[] x, int from, float min, float inverse, float offset, int top, byte[] out, int qs);

  /// See `Nibbles.packRounded`.
  int packRounded(
      float[] x, int from, float origin, float inverse, int low, int high, byte[] out, int qs);

  /// Q8_0's whole work on consecutive blocks.
  void encodeQ8_0(float[] x, int from, int blocks, byte[] out);

  /// Signed bytes times a scale.
  void scaleBytes(byte[] in, int at, int n, float scale, float[] values, int to);

  /// A bit field of each byte: `scale · (field - bound) - min`.
  ///
  /// @param n number of bytes and values, a multiple of 16
  /// @param shift of the field's lowest bit
  /// @param bits of the field
  void scaleBits(
      byte[] in,
      int at,
      int n,
      int shift,
      int bits,
      int bound,
      float scale,
      float min,
      float[] values,
      int to);

  /// A value's bits from two bytes, the higher ones from elsewhere: `scale · (q - bound) - min`.
  ///
  /// @param n number of values, a multiple of 16
  /// @param low byte in `in` of the lower bits
  /// @param high byte in `in` of the higher bits
  void scaleSplitBits(
      byte[] in,
      int low,
      int lowShift,
      int lowBits,
      int high,
      int highShift,
      int highBits,
      int n,
      int bound,
      float scale,
      float min,
      float[] values,
      int to);

  /// 32 levels of five bits: `scale · (q - bound) - min`.
  ///
  /// @param qs byte in `in` of the `Nibbles`
  /// @param fifth the fifth bits
  void scaleFiveBits(
      byte[] in, int qs, int fifth, int bound, float scale, float min, float[] values, int to);

  /// The upper halves of floats, rounded to nearest even; NaNs are made quiet.
  void narrowToBrainFloats(float[] x, int from, int n, short[] out);

  /// The upper halves of floats, back to floats.
  void widenBrainFloats(short[] in, int n, float[] values, int to);
}
