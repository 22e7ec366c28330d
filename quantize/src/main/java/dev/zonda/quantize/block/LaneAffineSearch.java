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

/// The affine search with one group in each lane: every lane does what [AffineSearch] does, in the
/// same order, and keeps what wins by masks instead of branches.
///
/// The kernel calls nothing but the Vector API, and keeps its constants in arrays: a method of ours
/// with vectors as arguments may stay a call, and then every vector becomes an object; a broadcast
/// would be made anew at each use. Levels stay floats: [Rounding#nearest(float)] without its last
/// step, the bounds applied to the bits.
final class LaneAffineSearch extends AffineSearch {
  private final float[] x;
  private final float[] w;
  private final float[] levels;
  private final float[] thisScale = new float[COUNT];
  private final float[] targets;
  private final int[] low = Lanes.biased(0);
  private final int[] high;

  LaneAffineSearch(int groupSize, Range range, ErrorMeasure measure) {
    super(groupSize, range, measure);
    x = new float[groupSize * COUNT];
    w = new float[groupSize * COUNT];
    levels = new float[groupSize * COUNT];
    targets = new float[range.last() + 1];
    for (int step = 0; step < targets.length; step++) {
      targets[step] = range.target(step);
    }
    high = Lanes.biased(range.top());
  }

  @Override
  void fit(float[] values, int from, float[] weights, int groups, Fits fits) {
    for (int group = 0; group < groups; group += COUNT) {
      int n = Math.min(COUNT, groups - group);
      Lanes.interleave(values, from + group * groupSize, groupSize, n, x);
      Lanes.interleave(weights, group * groupSize, groupSize, n, w);
      if (measure == ErrorMeasure.SQUARED) {
        fitSquared(fits, group);
      } else {
        fitAbsolute(fits, group);
      }
    }
  }

  private void fitSquared(Fits fits, int group) {
    float[] x = this.x;
    float[] w = this.w;
    float[] levels = this.levels;
    int end = groupSize * COUNT;
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector magic = FloatVector.fromArray(FLOATS, Lanes.MAGIC, 0);
    IntVector mantissa = IntVector.fromArray(INTS, Lanes.MANTISSA, 0);
    IntVector exponent = IntVector.fromArray(INTS, Lanes.EXPONENT, 0);
    IntVector low = IntVector.fromArray(INTS, this.low, 0);
    IntVector high = IntVector.fromArray(INTS, this.high, 0);

    FloatVector min = FloatVector.fromArray(FLOATS, x, 0);
    FloatVector max = min;
    FloatVector sumW = FloatVector.fromArray(FLOATS, w, 0);
    FloatVector sumX = sumW.mul(min);
    for (int i = COUNT; i < end; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, i);
      FloatVector vw = FloatVector.fromArray(FLOATS, w, i);
      min = min.blend(v, v.compare(LT, min));
      max = max.blend(v, v.compare(GT, max));
      sumW = sumW.add(vw);
      sumX = sumX.add(vw.mul(v));
    }
    min = min.blend(zero, min.compare(GT, zero));
    VectorMask<Float> flat = max.compare(EQ, min);
    FloatVector inverse = FloatVector.broadcast(FLOATS, range.top()).div(max.sub(min));
    FloatVector scale = FloatVector.broadcast(FLOATS, 1f).div(inverse);
    FloatVector best = zero;
    for (int i = 0; i < end; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, i);
      FloatVector l =
          inverse
              .mul(v.sub(min))
              .add(magic)
              .reinterpretAsInts()
              .and(mantissa)
              .or(exponent)
              .max(low)
              .min(high)
              .reinterpretAsFloats()
              .sub(magic);
      FloatVector difference = scale.mul(l).add(min).sub(v);
      best = best.add(FloatVector.fromArray(FLOATS, w, i).mul(difference.mul(difference)));
    }
    FloatVector bestInverse = inverse;
    FloatVector bestOrigin = min;
    for (float target : targets) {
      inverse = FloatVector.broadcast(FLOATS, target).div(max.sub(min));
      FloatVector sumL = zero;
      FloatVector sumL2 = zero;
      FloatVector sumXL = zero;
      for (int i = 0; i < end; i += COUNT) {
        FloatVector v = FloatVector.fromArray(FLOATS, x, i);
        FloatVector l =
            inverse
                .mul(v.sub(min))
                .add(magic)
                .reinterpretAsInts()
                .and(mantissa)
                .or(exponent)
                .max(low)
                .min(high)
                .reinterpretAsFloats()
                .sub(magic);
        l.intoArray(levels, i);
        FloatVector wl = FloatVector.fromArray(FLOATS, w, i).mul(l);
        sumL = sumL.add(wl);
        sumL2 = sumL2.add(wl.mul(l));
        sumXL = sumXL.add(wl.mul(v));
      }
      FloatVector determinant = sumW.mul(sumL2).sub(sumL.mul(sumL));
      FloatVector freeScale = sumW.mul(sumXL).sub(sumX.mul(sumL)).div(determinant);
      FloatVector freeMin = sumL2.mul(sumX).sub(sumL.mul(sumXL)).div(determinant);
      VectorMask<Float> positive = freeMin.compare(GT, zero);
      FloatVector stepScale = freeScale.blend(sumXL.div(sumL2), positive);
      FloatVector stepMin = freeMin.blend(zero, positive);
      // Put aside and loaded again below: across the loop it would become an object.
      stepScale.intoArray(thisScale, 0);
      FloatVector error = zero;
      for (int i = 0; i < end; i += COUNT) {
        FloatVector difference =
            stepScale
                .mul(FloatVector.fromArray(FLOATS, levels, i))
                .add(stepMin)
                .sub(FloatVector.fromArray(FLOATS, x, i));
        error = error.add(FloatVector.fromArray(FLOATS, w, i).mul(difference.mul(difference)));
      }
      VectorMask<Float> better =
          error.compare(LT, best).and(determinant.compare(GT, zero)).andNot(flat);
      bestInverse = bestInverse.blend(inverse, better);
      bestOrigin = bestOrigin.blend(min, better);
      best = best.blend(error, better);
      scale = scale.blend(FloatVector.fromArray(FLOATS, thisScale, 0), better);
      min = min.blend(stepMin, better);
    }
    scale.blend(zero, flat).intoArray(fits.scale, group);
    min.neg().intoArray(fits.negativeMin, group);
    bestInverse.blend(zero, flat).intoArray(fits.inverse, group);
    bestOrigin.blend(zero, flat).intoArray(fits.origin, group);
  }

  /// The same but for the error.
  private void fitAbsolute(Fits fits, int group) {
    float[] x = this.x;
    float[] w = this.w;
    float[] levels = this.levels;
    int end = groupSize * COUNT;
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector magic = FloatVector.fromArray(FLOATS, Lanes.MAGIC, 0);
    IntVector mantissa = IntVector.fromArray(INTS, Lanes.MANTISSA, 0);
    IntVector exponent = IntVector.fromArray(INTS, Lanes.EXPONENT, 0);
    IntVector low = IntVector.fromArray(INTS, this.low, 0);
    IntVector high = IntVector.fromArray(INTS, this.high, 0);

    FloatVector min = FloatVector.fromArray(FLOATS, x, 0);
    FloatVector max = min;
    FloatVector sumW = FloatVector.fromArray(FLOATS, w, 0);
    FloatVector sumX = sumW.mul(min);
    for (int i = COUNT; i < end; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, i);
      FloatVector vw = FloatVector.fromArray(FLOATS, w, i);
      min = min.blend(v, v.compare(LT, min));
      max = max.blend(v, v.compare(GT, max));
      sumW = sumW.add(vw);
      sumX = sumX.add(vw.mul(v));
    }
    min = min.blend(zero, min.compare(GT, zero));
    VectorMask<Float> flat = max.compare(EQ, min);
    FloatVector inverse = FloatVector.broadcast(FLOATS, range.top()).div(max.sub(min));
    FloatVector scale = FloatVector.broadcast(FLOATS, 1f).div(inverse);
    FloatVector best = zero;
    for (int i = 0; i < end; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, i);
      FloatVector l =
          inverse
              .mul(v.sub(min))
              .add(magic)
              .reinterpretAsInts()
              .and(mantissa)
              .or(exponent)
              .max(low)
              .min(high)
              .reinterpretAsFloats()
              .sub(magic);
      FloatVector difference = scale.mul(l).add(min).sub(v);
      best = best.add(FloatVector.fromArray(FLOATS, w, i).mul(difference.abs()));
    }
    FloatVector bestInverse = inverse;
    FloatVector bestOrigin = min;
    for (float target : targets) {
      inverse = FloatVector.broadcast(FLOATS, target).div(max.sub(min));
      FloatVector sumL = zero;
      FloatVector sumL2 = zero;
      FloatVector sumXL = zero;
      for (int i = 0; i < end; i += COUNT) {
        FloatVector v = FloatVector.fromArray(FLOATS, x, i);
        FloatVector l =
            inverse
                .mul(v.sub(min))
                .add(magic)
                .reinterpretAsInts()
                .and(mantissa)
                .or(exponent)
                .max(low)
                .min(high)
                .reinterpretAsFloats()
                .sub(magic);
        l.intoArray(levels, i);
        FloatVector wl = FloatVector.fromArray(FLOATS, w, i).mul(l);
        sumL = sumL.add(wl);
        sumL2 = sumL2.add(wl.mul(l));
        sumXL = sumXL.add(wl.mul(v));
      }
      FloatVector determinant = sumW.mul(sumL2).sub(sumL.mul(sumL));
      FloatVector freeScale = sumW.mul(sumXL).sub(sumX.mul(sumL)).div(determinant);
      FloatVector freeMin = sumL2.mul(sumX).sub(sumL.mul(sumXL)).div(determinant);
      VectorMask<Float> positive = freeMin.compare(GT, zero);
      FloatVector stepScale = freeScale.blend(sumXL.div(sumL2), positive);
      FloatVector stepMin = freeMin.blend(zero, positive);
      // Put aside and loaded again below: across the loop it would become an object.
      stepScale.intoArray(thisScale, 0);
      FloatVector error = zero;
      for (int i = 0; i < end; i += COUNT) {
        FloatVector difference =
            stepScale
                .mul(FloatVector.fromArray(FLOATS, levels, i))
                .add(stepMin)
                .sub(FloatVector.fromArray(FLOATS, x, i));
        error = error.add(FloatVector.fromArray(FLOATS, w, i).mul(difference.abs()));
      }
      VectorMask<Float> better =
          error.compare(LT, best).and(determinant.compare(GT, zero)).andNot(flat);
      bestInverse = bestInverse.blend(inverse, better);
      bestOrigin = bestOrigin.blend(min, better);
      best = best.blend(error, better);
      scale = scale.blend(FloatVector.fromArray(FLOATS, thisScale, 0), better);
      min = min.blend(stepMin, better);
    }
    scale.blend(zero, flat).intoArray(fits.scale, group);
    min.neg().intoArray(fits.negativeMin, group);
    bestInverse.blend(zero, flat).intoArray(fits.inverse, group);
    bestOrigin.blend(zero, flat).intoArray(fits.origin, group);
  }
}
