package dev.zonda.quantize.kernel;

import static dev.zonda.quantize.kernel.Lanes.COUNT;
import static dev.zonda.quantize.kernel.Lanes.FLOATS;
import static dev.zonda.quantize.kernel.Lanes.INTS;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.MAX;

import dev.zonda.quantize.levels.Fits;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/// Groups that an affine search looks at together, one in each lane: their values and weights, and
/// what the search knows of them so far.
///
/// The kernels call nothing but the Vector API, and keep their constants in arrays: a method of our
/// own with vectors as arguments may not be inlined, and then every vector becomes an object; a
/// broadcast would be repeated at each use. Between the kernels, vectors lie in arrays too. Levels
/// stay floats: `Rounding.nearest` without its last step, the bounds applied to the bits, and
/// without its handling of wrap-around: [#isFar] tells where that could happen.
///
/// A parameter `lane` says where in the arrays a vector of groups lies: 0 or [Lanes#COUNT].
final class LaneAffineFit {
  /// The distance from the lowest level, in levels, from which on bits might wrap around, as the
  /// bits of a float.
  private static final int FAR = Float.floatToRawIntBits(0x1p21f);

  private final int groupSize;
  private final int top;
  private final float[] x;
  private final float[] w;
  private final float[] levels;
  private final int[] low = Lanes.biased(0);
  private final int[] high;

  /// The smallest value of each group.
  private final float[] smallest = new float[2 * COUNT];

  /// The minima that the search begins with.
  private final float[] origin = new float[2 * COUNT];

  private final float[] max = new float[2 * COUNT];
  private final float[] min = new float[2 * COUNT];
  private final float[] scale = new float[2 * COUNT];
  private final float[] sumW = new float[2 * COUNT];
  private final float[] sumX = new float[2 * COUNT];
  private final float[] best = new float[2 * COUNT];
  private final float[] bestInverse = new float[2 * COUNT];
  private final float[] bestOrigin = new float[2 * COUNT];

  /// The farthest distance so far, as bits, which order like the floats.
  private final int[] farthest = new int[2 * COUNT];

  /// What the current step tries and finds, here and below.
  private final float[] inverse = new float[2 * COUNT];

  private final float[] determinant = new float[2 * COUNT];
  private final float[] thisScale = new float[2 * COUNT];
  private final float[] thisMin = new float[2 * COUNT];
  private final float[] error = new float[2 * COUNT];

  LaneAffineFit(int groupSize, int top) {
    this.groupSize = groupSize;
    this.top = top;
    x = new float[groupSize * 2 * COUNT];
    w = new float[groupSize * 2 * COUNT];
    levels = new float[groupSize * 2 * COUNT];
    high = Lanes.biased(top);
  }

  /// Takes consecutive groups, and maps them plainly: the smallest value to zero, the largest to
  /// the top.
  ///
  /// @param groups how many there are; one vector's at most
  void load(float[] values, int from, float[] weights, int weightsFrom, int groups, int lane) {
    Lanes.interleave(values, from, groupSize, groups, x, lane * groupSize);
    Lanes.interleave(weights, weightsFrom, groupSize, groups, w, lane * groupSize);
    findRange(lane);
    mapPlainly(lane);
  }

  /// Takes the last error as the one to beat.
  void keepError(int lane) {
    System.arraycopy(error, lane, best, lane, COUNT);
  }

  private void findRange(int lane) {
    int begin = lane * groupSize;
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector min = FloatVector.fromArray(FLOATS, x, begin);
    FloatVector max = min;
    FloatVector sumW = FloatVector.fromArray(FLOATS, w, begin);
    FloatVector sumX = sumW.mul(min);
    for (int i = begin + COUNT; i < begin + groupSize * COUNT; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, i);
      FloatVector vw = FloatVector.fromArray(FLOATS, w, i);
      min = v.blend(min, v.compare(LT, min).not());
      max = v.blend(max, v.compare(GT, max).not());
      sumW = vw.add(sumW);
      sumX = vw.mul(v).add(sumX);
    }
    min.intoArray(smallest, lane);
    min = min.blend(zero, min.compare(GT, zero));
    min.intoArray(origin, lane);
    min.intoArray(this.min, lane);
    max.intoArray(this.max, lane);
    sumW.intoArray(this.sumW, lane);
    sumX.intoArray(this.sumX, lane);
  }

  private void mapPlainly(int lane) {
    FloatVector magic = FloatVector.fromArray(FLOATS, Lanes.MAGIC, 0);
    IntVector low = IntVector.fromArray(INTS, this.low, 0);
    IntVector high = IntVector.fromArray(INTS, this.high, 0);
    FloatVector min = FloatVector.fromArray(FLOATS, this.min, lane);
    FloatVector range = FloatVector.fromArray(FLOATS, max, lane).sub(min);
    FloatVector inverse = FloatVector.broadcast(FLOATS, top).div(range);
    int begin = lane * groupSize;
    for (int i = begin; i < begin + groupSize * COUNT; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, i);
      FloatVector l =
          inverse
              .mul(v.sub(min))
              .add(magic)
              .reinterpretAsInts()
              .max(low)
              .min(high)
              .reinterpretAsFloats()
              .sub(magic);
      l.intoArray(levels, i);
    }
    FloatVector scale = FloatVector.broadcast(FLOATS, 1f).div(inverse);
    scale.intoArray(this.scale, lane);
    scale.intoArray(thisScale, lane);
    min.intoArray(thisMin, lane);
    min.intoArray(bestOrigin, lane);
    inverse.intoArray(bestInverse, lane);
    // A NaN among the values makes a NaN of the sum, whose bits are above all others.
    FloatVector sumX = FloatVector.fromArray(FLOATS, this.sumX, lane);
    sumX.sub(sumX).abs().reinterpretAsInts().intoArray(farthest, lane);
  }

  /// Levels of a step, and the scale and minimum that fit them best.
  void sumOne(float target, int lane) {
    float[] x = this.x;
    float[] w = this.w;
    float[] levels = this.levels;
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector magic = FloatVector.fromArray(FLOATS, Lanes.MAGIC, 0);
    IntVector low = IntVector.fromArray(INTS, this.low, 0);
    IntVector high = IntVector.fromArray(INTS, this.high, 0);
    int size = groupSize * COUNT;
    FloatVector min = FloatVector.fromArray(FLOATS, this.min, lane);
    FloatVector range = FloatVector.fromArray(FLOATS, max, lane).sub(min);
    FloatVector inverse = FloatVector.broadcast(FLOATS, target).div(range);
    inverse.intoArray(this.inverse, lane);
    FloatVector sumL = zero;
    FloatVector sumL2 = zero;
    FloatVector sumXL = zero;
    int begin = lane * groupSize;
    for (int i = begin; i < begin + size; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, i);
      FloatVector l =
          inverse
              .mul(v.sub(min))
              .add(magic)
              .reinterpretAsInts()
              .max(low)
              .min(high)
              .reinterpretAsFloats()
              .sub(magic);
      l.intoArray(levels, i);
      FloatVector wl = FloatVector.fromArray(FLOATS, w, i).mul(l);
      sumL = wl.add(sumL);
      sumL2 = wl.mul(l).add(sumL2);
      sumXL = wl.mul(v).add(sumXL);
    }
    FloatVector sumW = FloatVector.fromArray(FLOATS, this.sumW, lane);
    FloatVector sumX = FloatVector.fromArray(FLOATS, this.sumX, lane);
    FloatVector determinant = sumW.mul(sumL2).sub(sumL.mul(sumL));
    FloatVector freeScale = sumW.mul(sumXL).sub(sumX.mul(sumL)).div(determinant);
    FloatVector freeMin = sumL2.mul(sumX).sub(sumL.mul(sumXL)).div(determinant);
    VectorMask<Float> positive = freeMin.compare(GT, zero);
    FloatVector thisScale = freeScale.blend(sumXL.div(sumL2), positive);
    FloatVector thisMin = freeMin.blend(zero, positive);
    thisScale.intoArray(this.thisScale, lane);
    thisMin.intoArray(this.thisMin, lane);
    determinant.intoArray(this.determinant, lane);
  }

  /// The same for two vectors.
  void sumTwo(float target) {
    float[] x = this.x;
    float[] w = this.w;
    float[] levels = this.levels;
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector magic = FloatVector.fromArray(FLOATS, Lanes.MAGIC, 0);
    IntVector low = IntVector.fromArray(INTS, this.low, 0);
    IntVector high = IntVector.fromArray(INTS, this.high, 0);
    int size = groupSize * COUNT;
    FloatVector min0 = FloatVector.fromArray(FLOATS, min, 0);
    FloatVector range0 = FloatVector.fromArray(FLOATS, max, 0).sub(min0);
    FloatVector inverse0 = FloatVector.broadcast(FLOATS, target).div(range0);
    inverse0.intoArray(inverse, 0);
    FloatVector sumL0 = zero;
    FloatVector sumL20 = zero;
    FloatVector sumXL0 = zero;
    FloatVector min1 = FloatVector.fromArray(FLOATS, min, COUNT);
    FloatVector range1 = FloatVector.fromArray(FLOATS, max, COUNT).sub(min1);
    FloatVector inverse1 = FloatVector.broadcast(FLOATS, target).div(range1);
    inverse1.intoArray(inverse, COUNT);
    FloatVector sumL1 = zero;
    FloatVector sumL21 = zero;
    FloatVector sumXL1 = zero;
    for (int i = 0; i < size; i += COUNT) {
      FloatVector v0 = FloatVector.fromArray(FLOATS, x, i);
      FloatVector l0 =
          inverse0
              .mul(v0.sub(min0))
              .add(magic)
              .reinterpretAsInts()
              .max(low)
              .min(high)
              .reinterpretAsFloats()
              .sub(magic);
      l0.intoArray(levels, i);
      FloatVector wl0 = FloatVector.fromArray(FLOATS, w, i).mul(l0);
      sumL0 = wl0.add(sumL0);
      sumL20 = wl0.mul(l0).add(sumL20);
      sumXL0 = wl0.mul(v0).add(sumXL0);
      FloatVector v1 = FloatVector.fromArray(FLOATS, x, i + size);
      FloatVector l1 =
          inverse1
              .mul(v1.sub(min1))
              .add(magic)
              .reinterpretAsInts()
              .max(low)
              .min(high)
              .reinterpretAsFloats()
              .sub(magic);
      l1.intoArray(levels, i + size);
      FloatVector wl1 = FloatVector.fromArray(FLOATS, w, i + size).mul(l1);
      sumL1 = wl1.add(sumL1);
      sumL21 = wl1.mul(l1).add(sumL21);
      sumXL1 = wl1.mul(v1).add(sumXL1);
    }
    FloatVector sumW0 = FloatVector.fromArray(FLOATS, sumW, 0);
    FloatVector sumX0 = FloatVector.fromArray(FLOATS, sumX, 0);
    FloatVector sumW1 = FloatVector.fromArray(FLOATS, sumW, COUNT);
    FloatVector sumX1 = FloatVector.fromArray(FLOATS, sumX, COUNT);
    FloatVector determinant0 = sumW0.mul(sumL20).sub(sumL0.mul(sumL0));
    FloatVector freeScale0 = sumW0.mul(sumXL0).sub(sumX0.mul(sumL0)).div(determinant0);
    FloatVector freeMin0 = sumL20.mul(sumX0).sub(sumL0.mul(sumXL0)).div(determinant0);
    VectorMask<Float> positive0 = freeMin0.compare(GT, zero);
    FloatVector thisScale0 = freeScale0.blend(sumXL0.div(sumL20), positive0);
    FloatVector thisMin0 = freeMin0.blend(zero, positive0);
    thisScale0.intoArray(this.thisScale, 0);
    thisMin0.intoArray(this.thisMin, 0);
    determinant0.intoArray(determinant, 0);
    FloatVector determinant1 = sumW1.mul(sumL21).sub(sumL1.mul(sumL1));
    FloatVector freeScale1 = sumW1.mul(sumXL1).sub(sumX1.mul(sumL1)).div(determinant1);
    FloatVector freeMin1 = sumL21.mul(sumX1).sub(sumL1.mul(sumXL1)).div(determinant1);
    VectorMask<Float> positive1 = freeMin1.compare(GT, zero);
    FloatVector thisScale1 = freeScale1.blend(sumXL1.div(sumL21), positive1);
    FloatVector thisMin1 = freeMin1.blend(zero, positive1);
    thisScale1.intoArray(this.thisScale, COUNT);
    thisMin1.intoArray(this.thisMin, COUNT);
    determinant1.intoArray(determinant, COUNT);
  }

  void squaredErrors(int lane) {
    float[] x = this.x;
    float[] w = this.w;
    float[] levels = this.levels;
    int size = groupSize * COUNT;
    FloatVector scale = FloatVector.fromArray(FLOATS, thisScale, lane);
    FloatVector min = FloatVector.fromArray(FLOATS, thisMin, lane);
    FloatVector error = FloatVector.zero(FLOATS);
    int begin = lane * groupSize;
    for (int i = begin; i < begin + size; i += COUNT) {
      FloatVector difference =
          scale
              .mul(FloatVector.fromArray(FLOATS, levels, i))
              .add(min)
              .sub(FloatVector.fromArray(FLOATS, x, i));
      error = FloatVector.fromArray(FLOATS, w, i).mul(difference.mul(difference)).add(error);
    }
    error.intoArray(this.error, lane);
  }

  void absoluteErrors(int lane) {
    float[] x = this.x;
    float[] w = this.w;
    float[] levels = this.levels;
    int size = groupSize * COUNT;
    FloatVector scale = FloatVector.fromArray(FLOATS, thisScale, lane);
    FloatVector min = FloatVector.fromArray(FLOATS, thisMin, lane);
    FloatVector error = FloatVector.zero(FLOATS);
    int begin = lane * groupSize;
    for (int i = begin; i < begin + size; i += COUNT) {
      FloatVector difference =
          scale
              .mul(FloatVector.fromArray(FLOATS, levels, i))
              .add(min)
              .sub(FloatVector.fromArray(FLOATS, x, i));
      error = FloatVector.fromArray(FLOATS, w, i).mul(difference.abs()).add(error);
    }
    error.intoArray(this.error, lane);
  }

  void squaredErrorsOfTwo() {
    float[] x = this.x;
    float[] w = this.w;
    float[] levels = this.levels;
    int size = groupSize * COUNT;
    FloatVector scale0 = FloatVector.fromArray(FLOATS, thisScale, 0);
    FloatVector min0 = FloatVector.fromArray(FLOATS, thisMin, 0);
    FloatVector error0 = FloatVector.zero(FLOATS);
    FloatVector scale1 = FloatVector.fromArray(FLOATS, thisScale, COUNT);
    FloatVector min1 = FloatVector.fromArray(FLOATS, thisMin, COUNT);
    FloatVector error1 = FloatVector.zero(FLOATS);
    for (int i = 0; i < size; i += COUNT) {
      FloatVector difference0 =
          scale0
              .mul(FloatVector.fromArray(FLOATS, levels, i))
              .add(min0)
              .sub(FloatVector.fromArray(FLOATS, x, i));
      error0 = FloatVector.fromArray(FLOATS, w, i).mul(difference0.mul(difference0)).add(error0);
      FloatVector difference1 =
          scale1
              .mul(FloatVector.fromArray(FLOATS, levels, i + size))
              .add(min1)
              .sub(FloatVector.fromArray(FLOATS, x, i + size));
      error1 =
          FloatVector.fromArray(FLOATS, w, i + size).mul(difference1.mul(difference1)).add(error1);
    }
    error0.intoArray(error, 0);
    error1.intoArray(error, COUNT);
  }

  /// Keeps what the last step found, in the lanes where its error is smaller.
  void keepBetter(int lane) {
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector max = FloatVector.fromArray(FLOATS, this.max, lane);
    FloatVector min = FloatVector.fromArray(FLOATS, this.min, lane);
    FloatVector inverse = FloatVector.fromArray(FLOATS, this.inverse, lane);
    // All other values are mapped to between these two.
    FloatVector lowest = FloatVector.fromArray(FLOATS, smallest, lane).sub(min).mul(inverse);
    FloatVector highest = max.sub(min).mul(inverse);
    IntVector.fromArray(INTS, farthest, lane)
        .max(lowest.abs().reinterpretAsInts())
        .max(highest.abs().reinterpretAsInts())
        .intoArray(farthest, lane);

    FloatVector error = FloatVector.fromArray(FLOATS, this.error, lane);
    FloatVector best = FloatVector.fromArray(FLOATS, this.best, lane);
    VectorMask<Float> better =
        error
            .compare(LT, best)
            .and(FloatVector.fromArray(FLOATS, determinant, lane).compare(GT, zero));
    best.blend(error, better).intoArray(this.best, lane);
    FloatVector.fromArray(FLOATS, bestInverse, lane)
        .blend(inverse, better)
        .intoArray(bestInverse, lane);
    FloatVector.fromArray(FLOATS, bestOrigin, lane).blend(min, better).intoArray(bestOrigin, lane);
    FloatVector.fromArray(FLOATS, scale, lane)
        .blend(FloatVector.fromArray(FLOATS, thisScale, lane), better)
        .intoArray(scale, lane);
    min.blend(FloatVector.fromArray(FLOATS, thisMin, lane), better).intoArray(this.min, lane);
  }

  /// Whether levels may have wrapped around in some group, because a value is very far from its
  /// minimum or is not a number.
  boolean isFar(int lane) {
    IntVector far = IntVector.fromArray(INTS, farthest, lane);
    FloatVector start = FloatVector.fromArray(FLOATS, origin, lane);
    VectorMask<Float> flat = FloatVector.fromArray(FLOATS, max, lane).compare(EQ, start);
    return far.blend(0, flat.cast(INTS)).reduceLanes(MAX) >= FAR;
  }

  /// Stores what was found, from index `group` on.
  void store(Fits fits, int group, int lane) {
    FloatVector zero = FloatVector.zero(FLOATS);
    // Flat groups have found nothing: they keep the minimum that they began with.
    FloatVector start = FloatVector.fromArray(FLOATS, origin, lane);
    VectorMask<Float> flat = FloatVector.fromArray(FLOATS, max, lane).compare(EQ, start);
    FloatVector.fromArray(FLOATS, scale, lane).blend(zero, flat).intoArray(fits.scale, group);
    FloatVector.fromArray(FLOATS, min, lane)
        .blend(start, flat)
        .neg()
        .intoArray(fits.negativeMin, group);
    FloatVector.fromArray(FLOATS, bestInverse, lane)
        .blend(zero, flat)
        .intoArray(fits.inverse, group);
    FloatVector.fromArray(FLOATS, bestOrigin, lane).blend(zero, flat).intoArray(fits.origin, group);
  }
}
