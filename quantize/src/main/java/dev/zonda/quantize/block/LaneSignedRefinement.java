package dev.zonda.quantize.block;

import static dev.zonda.quantize.block.Lanes.COUNT;
import static dev.zonda.quantize.block.Lanes.FLOATS;
import static dev.zonda.quantize.block.Lanes.INTS;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.NE;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/// The refinement with one group in each lane, see [LaneAffineSearch] for how and why. A lane in
/// which nothing changes any more goes on with the others: it finds nothing to change again.
final class LaneSignedRefinement extends SignedRefinement {
  private final float[] x;
  private final float[] l;
  private final int[] low;
  private final int[] high;

  LaneSignedRefinement(int groupSize, int bound) {
    super(groupSize, bound);
    x = new float[groupSize * COUNT];
    l = new float[groupSize * COUNT];
    low = Lanes.biased(-bound);
    high = Lanes.biased(bound - 1);
  }

  @Override
  void fit(float[] values, int from, int groups, byte[] levels, float[] scales) {
    for (int group = 0; group < groups; group += COUNT) {
      int n = Math.min(COUNT, groups - group);
      Lanes.interleave(values, from + group * groupSize, groupSize, n, x);
      fitLanes(scales, group);
      for (int lane = 0; lane < n; lane++) {
        int first = (group + lane) * groupSize;
        for (int i = 0; i < groupSize; i++) {
          levels[first + i] = (byte) (l[i * COUNT + lane] + bound);
        }
      }
    }
  }

  private void fitLanes(float[] scales, int group) {
    float[] x = this.x;
    float[] l = this.l;
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
    }
    VectorMask<Float> empty =
        largest.compare(LT, FloatVector.broadcast(FLOATS, SymmetricSearch.ALL_ZERO));
    FloatVector inverse = FloatVector.broadcast(FLOATS, -bound).div(max);
    FloatVector sumLX = zero;
    FloatVector sumL2 = zero;
    for (int i = 0; i < end; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, i);
      FloatVector w = v.mul(v);
      FloatVector level =
          inverse
              .mul(v)
              .add(magic)
              .reinterpretAsInts()
              .and(mantissa)
              .or(exponent)
              .max(low)
              .min(high)
              .reinterpretAsFloats()
              .sub(magic);
      level.intoArray(l, i);
      sumLX = sumLX.add(w.mul(v).mul(level));
      sumL2 = sumL2.add(w.mul(level).mul(level));
    }
    boolean changed = true;
    for (int round = 0; round < ROUNDS && changed; round++) {
      changed = false;
      for (int i = 0; i < end; i += COUNT) {
        FloatVector v = FloatVector.fromArray(FLOATS, x, i);
        FloatVector w = v.mul(v);
        FloatVector wv = w.mul(v);
        FloatVector level = FloatVector.fromArray(FLOATS, l, i);
        FloatVector otherLX = sumLX.sub(wv.mul(level));
        FloatVector otherL2 = sumL2.sub(w.mul(level).mul(level));
        FloatVector moved =
            v.mul(otherL2)
                .div(otherLX)
                .add(magic)
                .reinterpretAsInts()
                .and(mantissa)
                .or(exponent)
                .max(low)
                .min(high)
                .reinterpretAsFloats()
                .sub(magic);
        FloatVector movedLX = otherLX.add(wv.mul(moved));
        FloatVector movedL2 = otherL2.add(w.mul(moved).mul(moved));
        VectorMask<Float> better =
            otherLX
                .compare(GT, zero)
                .and(moved.compare(NE, level))
                .and(movedL2.compare(GT, zero))
                .and(movedLX.mul(movedLX).mul(sumL2).compare(GT, sumLX.mul(sumLX).mul(movedL2)));
        changed |= better.anyTrue();
        level.blend(moved, better).intoArray(l, i);
        sumLX = sumLX.blend(movedLX, better);
        sumL2 = sumL2.blend(movedL2, better);
      }
    }
    zero.blend(sumLX.div(sumL2), sumL2.compare(GT, zero).andNot(empty)).intoArray(scales, group);
    // Level zero of an empty group is stored as 0, as if it were -bound.
    if (empty.anyTrue()) {
      for (int i = 0; i < end; i += COUNT) {
        FloatVector.fromArray(FLOATS, l, i).blend(-bound, empty).intoArray(l, i);
      }
    }
  }
}
