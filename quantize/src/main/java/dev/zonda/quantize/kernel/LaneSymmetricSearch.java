package dev.zonda.quantize.kernel;

import static dev.zonda.quantize.kernel.Lanes.COUNT;
import static dev.zonda.quantize.kernel.Lanes.FLOATS;
import static dev.zonda.quantize.kernel.Lanes.INTS;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.MAX;

import dev.zonda.quantize.levels.Fits;
import dev.zonda.quantize.levels.SymmetricSearch;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/// The symmetric search with one group in each lane, see [LaneAffineSearch] for how and why.
final class LaneSymmetricSearch extends SymmetricSearch {
  private static final int INFINITY = 0x7f800000;

  private final float[] x;
  private final float[] w;
  private final float[] wx;
  private final float[] max = new float[COUNT];
  private final float[] best = new float[COUNT];
  private final float[] targets = new float[CANDIDATES];
  private final int[] low;
  private final int[] high;

  LaneSymmetricSearch(int groupSize, int bound) {
    super(groupSize, bound);
    x = new float[groupSize * COUNT];
    w = new float[groupSize * COUNT];
    wx = new float[groupSize * COUNT];
    for (int candidate = 0; candidate < CANDIDATES; candidate++) {
      targets[candidate] = target(bound, candidate);
    }
    low = Lanes.biased(-bound);
    high = Lanes.biased(bound - 1);
  }

  @Override
  public void fit(
      float[] values, int from, float[] weights, int weightsFrom, int groups, Fits fits) {
    for (int group = 0; group < groups; group += COUNT) {
      int n = Math.min(COUNT, groups - group);
      int first = group * groupSize;
      Lanes.interleave(values, from + first, groupSize, n, x);
      if (!findLargest()) {
        fitInTurn(values, from, weights, weightsFrom, group, n, fits);
        continue;
      }
      Lanes.interleave(weights, weightsFrom + first, groupSize, n, w);
      tryPlain(fits, group);
      tryOthers(fits, group);
    }
  }

  /// Finds the value of largest magnitude of each group.
  ///
  /// @return whether all values are finite
  private boolean findLargest() {
    int end = groupSize * COUNT;
    IntVector largest = IntVector.zero(INTS);
    IntVector value = largest;
    for (int i = 0; i < end; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, i);
      // Magnitudes order like their bits, with infinities and NaNs above all others.
      IntVector magnitude = v.abs().reinterpretAsInts();
      VectorMask<Integer> smaller = magnitude.compare(GT, largest).not();
      largest = magnitude.max(largest);
      value = v.reinterpretAsInts().blend(value, smaller);
    }
    value.reinterpretAsFloats().intoArray(max, 0);
    return largest.reduceLanes(MAX) < INFINITY;
  }

  /// The first candidate, and the products that all of them need.
  private void tryPlain(Fits fits, int group) {
    float[] x = this.x;
    float[] w = this.w;
    float[] wx = this.wx;
    int end = groupSize * COUNT;
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector inverse =
        FloatVector.broadcast(FLOATS, targets[0]).div(FloatVector.fromArray(FLOATS, max, 0));
    FloatVector magic = FloatVector.fromArray(FLOATS, Lanes.MAGIC, 0);
    IntVector low = IntVector.fromArray(INTS, this.low, 0);
    IntVector high = IntVector.fromArray(INTS, this.high, 0);
    FloatVector sumLX = zero;
    FloatVector sumL2 = zero;
    for (int i = 0; i < end; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, i);
      FloatVector vw = FloatVector.fromArray(FLOATS, w, i);
      FloatVector vwx = vw.mul(v);
      vwx.intoArray(wx, i);
      IntVector bits = inverse.mul(v).add(magic).reinterpretAsInts();
      FloatVector l = bits.max(low).min(high).reinterpretAsFloats().sub(magic);
      sumLX = vwx.mul(l).add(sumLX);
      sumL2 = vw.mul(l).mul(l).add(sumL2);
    }
    FloatVector scale = sumLX.div(sumL2).blend(zero, sumL2.compare(EQ, zero));
    scale.intoArray(fits.scale, group);
    inverse.intoArray(fits.inverse, group);
    scale.mul(sumLX).intoArray(best, 0);
  }

  /// All values being finite, none is mapped far beyond the bound: `Rounding.nearest` needs no care
  /// for what would wrap around.
  private void tryOthers(Fits fits, int group) {
    float[] x = this.x;
    float[] w = this.w;
    float[] wx = this.wx;
    int end = groupSize * COUNT;
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector magic = FloatVector.fromArray(FLOATS, Lanes.MAGIC, 0);
    IntVector low = IntVector.fromArray(INTS, this.low, 0);
    IntVector high = IntVector.fromArray(INTS, this.high, 0);
    FloatVector max = FloatVector.fromArray(FLOATS, this.max, 0);
    FloatVector scale = FloatVector.fromArray(FLOATS, fits.scale, group);
    FloatVector bestInverse = FloatVector.fromArray(FLOATS, fits.inverse, group);
    FloatVector best = FloatVector.fromArray(FLOATS, this.best, 0);
    // Three at a time, which share what they load, and of which none waits for another.
    for (int candidate = 1; candidate < CANDIDATES; candidate += 3) {
      FloatVector inverse0 = FloatVector.broadcast(FLOATS, targets[candidate]).div(max);
      FloatVector inverse1 = FloatVector.broadcast(FLOATS, targets[candidate + 1]).div(max);
      FloatVector inverse2 = FloatVector.broadcast(FLOATS, targets[candidate + 2]).div(max);
      FloatVector sumLX0 = zero;
      FloatVector sumLX1 = zero;
      FloatVector sumLX2 = zero;
      FloatVector sumL20 = zero;
      FloatVector sumL21 = zero;
      FloatVector sumL22 = zero;
      for (int i = 0; i < end; i += COUNT) {
        FloatVector v = FloatVector.fromArray(FLOATS, x, i);
        FloatVector vw = FloatVector.fromArray(FLOATS, w, i);
        FloatVector vwx = FloatVector.fromArray(FLOATS, wx, i);
        IntVector bits0 = inverse0.mul(v).add(magic).reinterpretAsInts();
        FloatVector l0 = bits0.max(low).min(high).reinterpretAsFloats().sub(magic);
        sumLX0 = vwx.mul(l0).add(sumLX0);
        sumL20 = vw.mul(l0).mul(l0).add(sumL20);
        IntVector bits1 = inverse1.mul(v).add(magic).reinterpretAsInts();
        FloatVector l1 = bits1.max(low).min(high).reinterpretAsFloats().sub(magic);
        sumLX1 = vwx.mul(l1).add(sumLX1);
        sumL21 = vw.mul(l1).mul(l1).add(sumL21);
        IntVector bits2 = inverse2.mul(v).add(magic).reinterpretAsInts();
        FloatVector l2 = bits2.max(low).min(high).reinterpretAsFloats().sub(magic);
        sumLX2 = vwx.mul(l2).add(sumLX2);
        sumL22 = vw.mul(l2).mul(l2).add(sumL22);
      }
      FloatVector scale0 = sumLX0.div(sumL20);
      VectorMask<Float> worse0 =
          sumL20.compare(GT, zero).and(sumLX0.mul(sumLX0).compare(GT, sumL20.mul(best))).not();
      scale = scale0.blend(scale, worse0);
      best = scale0.mul(sumLX0).blend(best, worse0);
      bestInverse = inverse0.blend(bestInverse, worse0);
      FloatVector scale1 = sumLX1.div(sumL21);
      VectorMask<Float> worse1 =
          sumL21.compare(GT, zero).and(sumLX1.mul(sumLX1).compare(GT, sumL21.mul(best))).not();
      scale = scale1.blend(scale, worse1);
      best = scale1.mul(sumLX1).blend(best, worse1);
      bestInverse = inverse1.blend(bestInverse, worse1);
      FloatVector scale2 = sumLX2.div(sumL22);
      VectorMask<Float> worse2 =
          sumL22.compare(GT, zero).and(sumLX2.mul(sumLX2).compare(GT, sumL22.mul(best))).not();
      scale = scale2.blend(scale, worse2);
      best = scale2.mul(sumLX2).blend(best, worse2);
      bestInverse = inverse2.blend(bestInverse, worse2);
    }
    VectorMask<Float> empty = max.abs().compare(LT, ALL_ZERO);
    scale.blend(zero, empty).intoArray(fits.scale, group);
    bestInverse.blend(Float.NaN, empty).intoArray(fits.inverse, group);
  }
}
