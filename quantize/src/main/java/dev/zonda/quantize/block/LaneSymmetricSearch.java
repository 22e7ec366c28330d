package dev.zonda.quantize.block;

import static dev.zonda.quantize.block.Lanes.COUNT;
import static dev.zonda.quantize.block.Lanes.FLOATS;
import static dev.zonda.quantize.block.Lanes.INTS;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/// The symmetric search with one group in each lane, see [LaneAffineSearch] for how and why.
final class LaneSymmetricSearch extends SymmetricSearch {
  private final float[] x;
  private final float[] w;
  private final float[] wx;
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
  void fit(float[] values, int from, float[] weights, int weightsFrom, int groups, Fits fits) {
    for (int group = 0; group < groups; group += COUNT) {
      int n = Math.min(COUNT, groups - group);
      int first = group * groupSize;
      Lanes.interleave(values, from + first, groupSize, n, x);
      Lanes.interleave(weights, weightsFrom + first, groupSize, n, w);
      fitLanes(fits, group);
    }
  }

  private void fitLanes(Fits fits, int group) {
    float[] x = this.x;
    float[] w = this.w;
    float[] wx = this.wx;
    int end = groupSize * COUNT;
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector magic = FloatVector.fromArray(FLOATS, Lanes.MAGIC, 0);
    IntVector mantissa = IntVector.fromArray(INTS, Lanes.MANTISSA, 0);
    IntVector exponent = IntVector.fromArray(INTS, Lanes.EXPONENT, 0);
    IntVector low = IntVector.fromArray(INTS, this.low, 0);
    IntVector high = IntVector.fromArray(INTS, this.high, 0);

    FloatVector largest = zero;
    FloatVector max = zero;
    for (int i = 0; i < end; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, i);
      FloatVector magnitude = v.abs();
      VectorMask<Float> larger = magnitude.compare(GT, largest);
      largest = largest.blend(magnitude, larger);
      max = max.blend(v, larger);
      FloatVector.fromArray(FLOATS, w, i).mul(v).intoArray(wx, i);
    }
    VectorMask<Float> empty = largest.compare(LT, FloatVector.broadcast(FLOATS, ALL_ZERO));
    FloatVector scale = zero;
    FloatVector best = zero;
    FloatVector bestInverse = zero;
    for (int candidate = 0; candidate < CANDIDATES; candidate++) {
      FloatVector inverse = FloatVector.broadcast(FLOATS, targets[candidate]).div(max);
      FloatVector sumLX = zero;
      FloatVector sumL2 = zero;
      for (int i = 0; i < end; i += COUNT) {
        FloatVector l =
            inverse
                .mul(FloatVector.fromArray(FLOATS, x, i))
                .add(magic)
                .reinterpretAsInts()
                .and(mantissa)
                .or(exponent)
                .max(low)
                .min(high)
                .reinterpretAsFloats()
                .sub(magic);
        sumLX = sumLX.add(FloatVector.fromArray(FLOATS, wx, i).mul(l));
        sumL2 = sumL2.add(FloatVector.fromArray(FLOATS, w, i).mul(l).mul(l));
      }
      FloatVector thisScale = sumLX.div(sumL2);
      if (candidate == 0) {
        scale = thisScale.blend(zero, sumL2.compare(EQ, zero));
        best = scale.mul(sumLX);
        bestInverse = inverse;
      } else {
        VectorMask<Float> better =
            sumL2.compare(GT, zero).and(sumLX.mul(sumLX).compare(GT, best.mul(sumL2)));
        scale = scale.blend(thisScale, better);
        best = best.blend(thisScale.mul(sumLX), better);
        bestInverse = bestInverse.blend(inverse, better);
      }
    }
    scale.blend(zero, empty).intoArray(fits.scale, group);
    bestInverse.blend(Float.NaN, empty).intoArray(fits.inverse, group);
  }
}
