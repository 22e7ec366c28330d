package dev.zonda.quantize.kernel;

import dev.zonda.quantize.levels.AffineSearch;
import dev.zonda.quantize.levels.GridScheme;
import dev.zonda.quantize.levels.GridSearch;
import dev.zonda.quantize.levels.NonlinearSearch;
import dev.zonda.quantize.levels.SignedRefinement;
import dev.zonda.quantize.levels.SymmetricSearch;
import dev.zonda.quantize.levels.TernarySearch;

/// The kernels with the Vector API, at whatever width [Lanes] chose; each family of kernels has a
/// class of its own, whose name starts with `Lane`.
public final class VectorKernels implements Kernels {
  @Override
  public AffineSearch affineSearch(
      int groupSize, AffineSearch.Range range, AffineSearch.ErrorMeasure measure) {
    return new LaneAffineSearch(groupSize, range, measure);
  }

  @Override
  public SymmetricSearch symmetricSearch(int groupSize, int bound) {
    return new LaneSymmetricSearch(groupSize, bound);
  }

  @Override
  public SignedRefinement signedRefinement(int groupSize, int bound) {
    return new LaneSignedRefinement(groupSize, bound);
  }

  @Override
  public NonlinearSearch nonlinearSearch() {
    return new LaneNonlinearSearch();
  }

  @Override
  public void packNonlinear(float[] x, int from, float inverse, byte[] out, int qs) {
    LaneNibbles.nonlinear(x, from, inverse, out, qs);
  }

  @Override
  public GridSearch gridSearch(GridScheme scheme) {
    return new LaneGridSearch(scheme);
  }

  @Override
  public TernarySearch oneShiftSearch(int groupSize) {
    return new LaneOneShiftSearch(groupSize);
  }

  @Override
  public TernarySearch twoShiftSearch(int groupSize) {
    return new LaneTwoShiftSearch(groupSize);
  }

  @Override
  public float ternaryLevels(float[] x, int from, byte[] levels) {
    return LaneTernaryLevels.levels(x, from, levels);
  }

  @Override
  public void nearestFourBitFloats(float[] x, int from, int n, float scale, byte[] levels, int at) {
    LaneFourBitFloat.nearest(x, from, n, scale, levels, at);
  }

  @Override
  public void affineLevels(
      float[] x, int from, int n, float scale, float min, int top, byte[] levels, int at) {
    LaneLevels.affine(x, from, n, scale, min, top, levels, at);
  }

  @Override
  public void symmetricLevels(
      float[] x, int from, int n, float scale, int bound, byte[] levels, int at) {
    LaneLevels.symmetric(x, from, n, scale, bound, levels, at);
  }

  @Override
  public float largestMagnitude(float[] x, int from, int n) {
    return LaneExtremum.ofLargestMagnitude(x, from, n);
  }

  @Override
  public float smallest(float[] x, int from, int n) {
    return LaneExtremum.smallest(x, from, n);
  }

  @Override
  public float largest(float[] x, int from, int n) {
    return LaneExtremum.largest(x, from, n);
  }

  @Override
  public int packCut(
      float[] x, int from, float min, float inverse, float offset, int top, byte[] out, int qs) {
    return LaneNibbles.cut(x, from, min, inverse, offset, top, out, qs);
  }

  @Override
  public int packRounded(
      float[] x, int from, float origin, float inverse, int low, int high, byte[] out, int qs) {
    return LaneNibbles.rounded(x, from, origin, inverse, low, high, out, qs);
  }

  @Override
  public void encodeQ8_0(float[] x, int from, int blocks, byte[] out) {
    LaneQ8_0.encode(x, from, blocks, out);
  }

  @Override
  public void scaleBytes(byte[] in, int at, int n, float scale, float[] values, int to) {
    LaneUnpacking.scaleBytes(in, at, n, scale, values, to);
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
    LaneUnpacking.scaleBits(in, at, n, shift, bits, bound, scale, min, values, to);
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
    LaneUnpacking.scaleSplitBits(
        in, low, lowShift, lowBits, high, highShift, highBits, n, bound, scale, min, values, to);
  }

  @Override
  public void scaleFiveBits(
      byte[] in, int qs, int fifth, int bound, float scale, float min, float[] values, int to) {
    LaneUnpacking.scaleFiveBits(in, qs, fifth, bound, scale, min, values, to);
  }

  @Override
  public void narrowToBrainFloats(float[] x, int from, int n, short[] out) {
    LaneBrainFloats.narrow(x, from, n, out);
  }

  @Override
  public void widenBrainFloats(short[] in, int n, float[] values, int to) {
    LaneBrainFloats.widen(in, n, values, to);
  }
}
