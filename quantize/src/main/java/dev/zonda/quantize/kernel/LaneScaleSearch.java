package dev.zonda.quantize.kernel;

import static dev.zonda.quantize.kernel.Lanes.COUNT;
import static dev.zonda.quantize.kernel.Lanes.FLOATS;
import static dev.zonda.quantize.kernel.Lanes.INTS;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.NE;

import dev.zonda.quantize.levels.SymmetricSearch;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/// `ScaleSearch` with one group of values in each lane. Only the steps are wanted.
final class LaneScaleSearch {
  private static final int BYTE = 255;

  private final int top;
  private final float[] levels;
  private final float[] inverse = new float[COUNT];
  private final float[] sumLX = new float[COUNT];
  private final float[] sumL2 = new float[COUNT];

  /// @param n number of values in a group
  LaneScaleSearch(int n, int top) {
    this.top = top;
    levels = new float[n * COUNT];
  }

  /// @param x values, those of all lanes side by side
  /// @param w weight of each value
  /// @param steps receives the step of each lane
  public void search(float[] x, float[] w, float[] steps) {
    FloatVector max = FloatVector.zero(FLOATS);
    for (int i = 0; i < x.length; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, i);
      max = v.blend(max, v.compare(LT, max));
    }
    max.intoArray(steps, 0);
    chooseInverse(x, w, top, steps, inverse);
    round(x, w, top, inverse, levels, sumLX, sumL2);
    // A lane in which nothing changes stays as it is in the rounds to come.
    for (int round = 0; round < 5 && move(x, w, top, levels, sumLX, sumL2); round++) {}
    FloatVector lx = FloatVector.fromArray(FLOATS, sumLX, 0);
    FloatVector l2 = FloatVector.fromArray(FLOATS, sumL2, 0);
    max = FloatVector.fromArray(FLOATS, steps, 0);
    FloatVector step = FloatVector.zero(FLOATS).blend(lx.div(l2), l2.compare(GT, 0));
    step.blend(0, max.compare(LT, SymmetricSearch.ALL_ZERO)).intoArray(steps, 0);
  }

  private static void chooseInverse(
      float[] x, float[] w, int top, float[] largest, float[] inverse) {
    FloatVector magic = FloatVector.fromArray(FLOATS, Lanes.MAGIC, 0);
    IntVector mantissa = IntVector.fromArray(INTS, Lanes.MANTISSA, 0);
    FloatVector max = FloatVector.fromArray(FLOATS, largest, 0);
    FloatVector bestInverse = FloatVector.broadcast(FLOATS, top).div(max);
    FloatVector step = FloatVector.broadcast(FLOATS, 1).div(bestInverse);
    FloatVector best = FloatVector.zero(FLOATS);
    for (int i = 0; i < x.length; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, i);
      IntVector level =
          bestInverse.mul(v).add(magic).reinterpretAsInts().and(mantissa).sub(0x400000).and(BYTE);
      FloatVector difference = v.sub(step.mul((FloatVector) level.convert(I2F, 0)));
      best = FloatVector.fromArray(FLOATS, w, i).mul(difference).mul(difference).add(best);
    }
    for (int s = -4; s <= 4; s++) {
      if (s == 0) {
        continue;
      }
      FloatVector thisInverse = FloatVector.broadcast(FLOATS, 0.1f * s + top).div(max);
      FloatVector thisStep = FloatVector.broadcast(FLOATS, 1).div(thisInverse);
      FloatVector error = FloatVector.zero(FLOATS);
      for (int i = 0; i < x.length; i += COUNT) {
        FloatVector v = FloatVector.fromArray(FLOATS, x, i);
        IntVector level =
            thisInverse.mul(v).add(magic).reinterpretAsInts().and(mantissa).sub(0x400000).min(top);
        FloatVector difference = v.sub(thisStep.mul((FloatVector) level.convert(I2F, 0)));
        error = FloatVector.fromArray(FLOATS, w, i).mul(difference).mul(difference).add(error);
      }
      VectorMask<Float> worse = error.compare(LT, best).not();
      best = error.blend(best, worse);
      bestInverse = thisInverse.blend(bestInverse, worse);
    }
    bestInverse.intoArray(inverse, 0);
  }

  private static void round(
      float[] x,
      float[] w,
      int top,
      float[] inverses,
      float[] levels,
      float[] sumLX,
      float[] sumL2) {
    FloatVector magic = FloatVector.fromArray(FLOATS, Lanes.MAGIC, 0);
    IntVector mantissa = IntVector.fromArray(INTS, Lanes.MANTISSA, 0);
    FloatVector inverse = FloatVector.fromArray(FLOATS, inverses, 0);
    FloatVector lx = FloatVector.zero(FLOATS);
    FloatVector l2 = FloatVector.zero(FLOATS);
    for (int i = 0; i < x.length; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, i);
      FloatVector weight = FloatVector.fromArray(FLOATS, w, i);
      IntVector level =
          inverse.mul(v).add(magic).reinterpretAsInts().and(mantissa).sub(0x400000).min(top);
      FloatVector l = (FloatVector) level.convert(I2F, 0);
      lx = weight.mul(v).mul(l).add(lx);
      l2 = weight.mul(l).mul(l).add(l2);
      // Kept as unsigned bytes.
      ((FloatVector) level.and(BYTE).convert(I2F, 0)).intoArray(levels, i);
    }
    lx.intoArray(sumLX, 0);
    l2.intoArray(sumL2, 0);
  }

  /// One round in which each level may move.
  ///
  /// @return whether any did
  private static boolean move(
      float[] x, float[] w, int top, float[] levels, float[] sumLX, float[] sumL2) {
    FloatVector magic = FloatVector.fromArray(FLOATS, Lanes.MAGIC, 0);
    IntVector mantissa = IntVector.fromArray(INTS, Lanes.MANTISSA, 0);
    boolean changed = false;
    for (int i = 0; i < x.length; i += COUNT) {
      FloatVector lx = FloatVector.fromArray(FLOATS, sumLX, 0);
      FloatVector l2 = FloatVector.fromArray(FLOATS, sumL2, 0);
      FloatVector v = FloatVector.fromArray(FLOATS, x, i);
      FloatVector weight = FloatVector.fromArray(FLOATS, w, i);
      FloatVector l = FloatVector.fromArray(FLOATS, levels, i);
      FloatVector weighted = weight.mul(v);
      FloatVector otherLX = lx.sub(weighted.mul(l));
      FloatVector otherL2 = l2.sub(weight.mul(l).mul(l));
      IntVector level =
          v.mul(otherL2)
              .div(otherLX)
              .add(magic)
              .reinterpretAsInts()
              .and(mantissa)
              .sub(0x400000)
              .min(top);
      FloatVector moved = (FloatVector) level.convert(I2F, 0);
      FloatVector newLX = weighted.mul(moved).add(otherLX);
      FloatVector newL2 = weight.mul(moved).mul(moved).add(otherL2);
      VectorMask<Float> better =
          newLX
              .mul(newLX)
              .mul(l2)
              .compare(GT, lx.mul(lx).mul(newL2))
              .and(otherLX.compare(GT, 0))
              .and(otherL2.compare(GT, 0))
              .and(moved.compare(NE, l));
      if (better.anyTrue()) {
        changed = true;
        lx.blend(newLX, better).intoArray(sumLX, 0);
        l2.blend(newL2, better).intoArray(sumL2, 0);
        l.blend((FloatVector) level.and(BYTE).convert(I2F, 0), better).intoArray(levels, i);
      }
    }
    return changed;
  }
}
