package dev.zonda.quantize.kernel;

import dev.zonda.quantize.levels.AffineSearch;
import dev.zonda.quantize.levels.BrainFloat;
import dev.zonda.quantize.levels.EightBits;
import dev.zonda.quantize.levels.Extremum;
import dev.zonda.quantize.levels.FourBitFloat;
import dev.zonda.quantize.levels.GridScheme;
import dev.zonda.quantize.levels.GridSearch;
import dev.zonda.quantize.levels.Nibbles;
import dev.zonda.quantize.levels.NonlinearLevels;
import dev.zonda.quantize.levels.NonlinearSearch;
import dev.zonda.quantize.levels.OneShiftSearch;
import dev.zonda.quantize.levels.Rounding;
import dev.zonda.quantize.levels.SignedRefinement;
import dev.zonda.quantize.levels.SymmetricSearch;
import dev.zonda.quantize.levels.Ternary;
import dev.zonda.quantize.levels.TernarySearch;
import dev.zonda.quantize.levels.TwoShiftSearch;

/// The kernels in plain Java: what the vector kernels are held to, and what runs where there is no
/// Vector API.
public final class ScalarKernels implements Kernels {
  @Override
  public AffineSearch affineSearch(
      int groupSize, AffineSearch.Range range, AffineSearch.ErrorMeasure measure) {
    return new AffineSearch(groupSize, range, measure);
  }

  @Override
  public SymmetricSearch symmetricSearch(int groupSize, int bound) {
    return new SymmetricSearch(groupSize, bound);
  }

  @Override
  public SignedRefinement signedRefinement(int groupSize, int bound) {
    return new SignedRefinement(groupSize, bound);
  }

  @Override
  public NonlinearSearch nonlinearSearch() {
    return new NonlinearSearch();
  }

  @Override
  public void packNonlinear(float[] x, int from, float inverse, byte[] out, int qs) {
    NonlinearLevels.pack(x, from, inverse, out, qs);
  }

  @Override
  public GridSearch gridSearch(GridScheme scheme) {
    return new GridSearch(scheme);
  }

  @Override
  public TernarySearch oneShiftSearch(int groupSize) {
    return new OneShiftSearch(groupSize);
  }

  @Override
  public TernarySearch twoShiftSearch(int groupSize) {
    return new TwoShiftSearch(groupSize);
  }

  @Override
  public float ternaryLevels(float[] x, int from, byte[] levels) {
    return Ternary.levels(x, from, levels);
  }

  @Override
  public void nearestFourBitFloats(float[] x, int from, int n, float scale, byte[] levels, int at) {
    for (int i = 0; i < n; i++) {
      levels[at + i] = (byte) FourBitFloat.nearest(x[from + i], scale);
    }
  }

  @Override
  public void affineLevels(
      float[] x, int from, int n, float scale, float min, int top, byte[] levels, int at) {
    for (int i = 0; i < n; i++) {
      levels[at + i] = (byte) Rounding.nearest((x[from + i] + min) / scale, 0, top);
    }
  }

  @Override
  public void symmetricLevels(
      float[] x, int from, int n, float scale, int bound, byte[] levels, int at) {
    for (int i = 0; i < n; i++) {
      int level = Rounding.nearest(x[from + i] / scale, -bound, bound - 1);
      levels[at + i] = (byte) (level + bound);
    }
  }

  @Override
  public float largestMagnitude(float[] x, int from, int n) {
    return Extremum.ofLargestMagnitude(x, from, n);
  }

  @Override
  public float smallest(float[] x, int from, int n) {
    return Extremum.smallest(x, from, n);
  }

  @Override
  public float largest(float[] x, int from, int n) {
    return Extremum.largest(x, from, n);
  }

  @Override
  public int packCut(
      float[] x, int from, float min, float inverse, float offset, int top, byte[] out, int qs) {
    return Nibbles.packCut(x, from, min, inverse, offset, top, out, qs);
  }

  @Override
  public int packRounded(
      float[] x, int from, float origin, float inverse, int low, int high, byte[] out, int qs) {
    return Nibbles.packRounded(x, from, origin, inverse, low, high, out, qs);
  }

  @Override
  public void encodeQ8_0(float[] x, int from, int blocks, byte[] out) {
    for (int b = 0; b < blocks; b++) {
      EightBits.encode(x, from + b * EightBits.VALUES, out, b * EightBits.BYTES);
    }
  }

  @Override
  public void scaleBytes(byte[] in, int at, int n, float scale, float[] values, int to) {
    for (int i = 0; i < n; i++) {
      values[to + i] = in[at + i] * scale;
    }
  }

  @Override
  public void scaleBits(
      byte[] in,
      int at,
      int n,
      int shift,
      int bits,
      int bound,
      float scale,
      float min,
      float[] values,
      int to) {
    int mask = (1 << bits) - 1;
    for (int i = 0; i < n; i++) {
      values[to + i] = scale * ((in[at + i] >> shift & mask) - bound) - min;
    }
  }

  @Override
  public void scaleSplitBits(
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
      int to) {
    int lowMask = (1 << lowBits) - 1;
    int highMask = (1 << highBits) - 1;
    for (int i = 0; i < n; i++) {
      int q = in[low + i] >> lowShift & lowMask;
      q |= (in[high + i] >> highShift & highMask) << lowBits;
      values[to + i] = scale * (q - bound) - min;
    }
  }

  @Override
  public void scaleFiveBits(
      byte[] in, int qs, int fifth, int bound, float scale, float min, float[] values, int to) {
    for (int i = 0; i < 16; i++) {
      int low = (in[qs + i] & 15) | (fifth >>> i & 1) << 4;
      int high = (in[qs + i] >> 4 & 15) | (fifth >>> (i + 16) & 1) << 4;
      values[to + i] = scale * (low - bound) - min;
      values[to + i + 16] = scale * (high - bound) - min;
    }
  }

  @Override
  public void narrowToBrainFloats(float[] x, int from, int n, short[] out) {
    for (int i = 0; i < n; i++) {
      out[i] = BrainFloat.of(x[from + i]);
    }
  }

  @Override
  public void widenBrainFloats(short[] in, int n, float[] values, int to) {
    for (int i = 0; i < n; i++) {
      values[to + i] = Float.intBitsToFloat(in[i] << 16);
    }
  }
}
