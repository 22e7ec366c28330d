package dev.zonda.quantize.kernel;

import static dev.zonda.quantize.kernel.Lanes.COUNT;
import static dev.zonda.quantize.kernel.Lanes.FLOATS;
import static dev.zonda.quantize.kernel.Lanes.INTS;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.NE;

import dev.zonda.quantize.levels.SymmetricSearch;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/// Groups whose levels a signed refinement moves together, one in each lane.
///
/// Each value's step depends on the one before, by way of a division: so several vectors of groups
/// take turns, value by value, and their sums lie in arrays.
final class LaneSignedGroups {
  /// Vectors that take turns.
  private static final int VECTORS = 4;

  /// Groups that there is room for: no more than a `long` has bits.
  static final int LANES = VECTORS * COUNT;

  private final int groupSize;
  private final int bound;
  private final float[] x;
  private final float[] l;
  private final float[] sumLX = new float[LANES];
  private final float[] sumL2 = new float[LANES];
  private final float[] largest = new float[LANES];
  private final float[] found = new float[LANES];
  private final int[] low;
  private final int[] high;

  LaneSignedGroups(int groupSize, int bound) {
    this.groupSize = groupSize;
    this.bound = bound;
    x = new float[groupSize * LANES];
    l = new float[groupSize * LANES];
    low = Lanes.biased(-bound);
    high = Lanes.biased(bound - 1);
  }

  /// Takes consecutive groups; lanes beyond them repeat the last.
  void load(float[] values, int from, int groups) {
    for (int lane = 0; lane < LANES; lane++) {
      int first = from + Math.min(lane, groups - 1) * groupSize;
      for (int i = 0; i < groupSize; i++) {
        x[i * LANES + lane] = values[first + i];
      }
    }
  }

  /// Takes a group over as it is.
  void take(LaneSignedGroups others, int otherLane, int lane) {
    for (int i = 0; i < groupSize; i++) {
      x[i * LANES + lane] = others.x[i * LANES + otherLane];
      l[i * LANES + lane] = others.l[i * LANES + otherLane];
    }
    sumLX[lane] = others.sumLX[otherLane];
    sumL2[lane] = others.sumL2[otherLane];
    largest[lane] = others.largest[otherLane];
  }

  /// A group's scale, once it is finished.
  public float scale(int lane) {
    return found[lane];
  }

  /// A group's levels plus the bound.
  public void levels(int lane, byte[] levels, int at) {
    for (int i = 0; i < groupSize; i++) {
      levels[at + i] = (byte) (l[i * LANES + lane] + bound);
    }
  }

  /// Levels that map the value of largest magnitude to `-bound`.
  public void start(int lane) {
    int end = groupSize * LANES;
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector magic = FloatVector.fromArray(FLOATS, Lanes.MAGIC, 0);
    IntVector mantissa = IntVector.fromArray(INTS, Lanes.MANTISSA, 0);
    IntVector exponent = IntVector.fromArray(INTS, Lanes.EXPONENT, 0);
    IntVector low = IntVector.fromArray(INTS, this.low, 0);
    IntVector high = IntVector.fromArray(INTS, this.high, 0);
    FloatVector largest = zero;
    FloatVector max = zero;
    for (int i = lane; i < end; i += LANES) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, i);
      FloatVector magnitude = v.abs();
      VectorMask<Float> smaller = magnitude.compare(GT, largest).not();
      largest = magnitude.blend(largest, smaller);
      max = v.blend(max, smaller);
    }
    FloatVector inverse = FloatVector.broadcast(FLOATS, -bound).div(max);
    FloatVector sumLX = zero;
    FloatVector sumL2 = zero;
    for (int i = lane; i < end; i += LANES) {
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
      sumLX = w.mul(v).mul(level).add(sumLX);
      sumL2 = w.mul(level).mul(level).add(sumL2);
    }
    largest.intoArray(this.largest, lane);
    sumLX.intoArray(this.sumLX, lane);
    sumL2.intoArray(this.sumL2, lane);
  }

  /// A round: each level may move.
  ///
  /// @return a bit for each lane in which one did
  long refine() {
    float[] x = this.x;
    float[] l = this.l;
    float[] sumsLX = sumLX;
    float[] sumsL2 = sumL2;
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector magic = FloatVector.fromArray(FLOATS, Lanes.MAGIC, 0);
    IntVector mantissa = IntVector.fromArray(INTS, Lanes.MANTISSA, 0);
    IntVector exponent = IntVector.fromArray(INTS, Lanes.EXPONENT, 0);
    IntVector low = IntVector.fromArray(INTS, this.low, 0);
    IntVector high = IntVector.fromArray(INTS, this.high, 0);
    long changed = 0;
    for (int i = 0; i < groupSize; i++) {
      for (int lane = 0; lane < LANES; lane += COUNT) {
        int at = i * LANES + lane;
        FloatVector sumLX = FloatVector.fromArray(FLOATS, sumsLX, lane);
        FloatVector sumL2 = FloatVector.fromArray(FLOATS, sumsL2, lane);
        FloatVector v = FloatVector.fromArray(FLOATS, x, at);
        FloatVector w = v.mul(v);
        FloatVector wv = w.mul(v);
        FloatVector level = FloatVector.fromArray(FLOATS, l, at);
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
        changed |= better.toLong() << lane;
        level.blend(moved, better).intoArray(l, at);
        sumLX.blend(movedLX, better).intoArray(sumsLX, lane);
        sumL2.blend(movedL2, better).intoArray(sumsL2, lane);
      }
    }
    return changed;
  }

  /// Finds the scales, see [#scale].
  void finish(int lane) {
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector sumLX = FloatVector.fromArray(FLOATS, this.sumLX, lane);
    FloatVector sumL2 = FloatVector.fromArray(FLOATS, this.sumL2, lane);
    VectorMask<Float> empty =
        FloatVector.fromArray(FLOATS, largest, lane).compare(LT, SymmetricSearch.ALL_ZERO);
    zero.blend(sumLX.div(sumL2), sumL2.compare(GT, zero).andNot(empty)).intoArray(found, lane);
    // Level zero of an empty group is stored as 0, as if it were -bound.
    if (empty.anyTrue()) {
      for (int i = lane; i < groupSize * LANES; i += LANES) {
        FloatVector.fromArray(FLOATS, l, i).blend(-bound, empty).intoArray(l, i);
      }
    }
  }
}
