package dev.zonda.quantize.kernel;

import static dev.zonda.quantize.kernel.Lanes.COUNT;
import static dev.zonda.quantize.kernel.Lanes.FLOATS;
import static jdk.incubator.vector.VectorOperators.GT;

import dev.zonda.quantize.levels.TwoShiftSearch;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// The search with one upper border in each lane, see [LaneOneShiftSearch].
final class LaneTwoShiftSearch extends TwoShiftSearch {
  private final LaneTernary lanes;

  LaneTwoShiftSearch(int size) {
    super(size, COUNT);
    lanes = new LaneTernary(size);
  }

  @Override
  protected void sort(float[] x, int from) {
    if (!lanes.sort(x, from, order)) {
      super.sort(x, from);
    }
  }

  @Override
  public int cheapest(int at, float[] costs) {
    return lanes.cheapest(levels, at, costs);
  }

  @Override
  protected boolean split(float[] x, int from) {
    fillSums(x, from);
    float[] x1 = first.sumX;
    float[] x2 = second.sumX;
    float[] w1 = first.sumW;
    float[] w2 = second.sumW;
    // No border lies beyond the last: the sums there are no numbers, and improve nothing.
    Arrays.fill(x1, size + 1, x1.length, Float.NaN);
    boolean found = false;
    for (int low = 0; low <= size; low++) {
      int high = low;
      while (high <= size) {
        int lane = firstBetter(x1, x2, w1, w2, size, low, high, best);
        high += lane;
        if (lane < COUNT) {
          found |= tryBorders(low, high, high + 1);
          high++;
        }
      }
    }
    return found;
  }

  /// The first lane that improves, or the number of lanes.
  private static int firstBetter(
      float[] x1, float[] x2, float[] w1, float[] w2, int size, int low, int high, float best) {
    float up = SHIFT + 1;
    float down = -SHIFT + 1;
    FloatVector below1 = FloatVector.fromArray(FLOATS, x1, high).add(x1[low]);
    FloatVector below2 = FloatVector.fromArray(FLOATS, x2, high).add(x2[low]);
    FloatVector qxUp1 = FloatVector.broadcast(FLOATS, x1[size] * up).sub(below1);
    FloatVector qxUp2 = FloatVector.broadcast(FLOATS, x2[size] * up).sub(below2);
    FloatVector qxDown1 = FloatVector.broadcast(FLOATS, x1[size] * down).sub(below1);
    FloatVector qxDown2 = FloatVector.broadcast(FLOATS, x2[size] * down).sub(below2);
    FloatVector high1 = FloatVector.fromArray(FLOATS, w1, high);
    FloatVector high2 = FloatVector.fromArray(FLOATS, w2, high);
    FloatVector up1 = high1.mul(HIGH_UP).add(w1[size] * up * up + w1[low] * LOW_UP);
    FloatVector up2 = high2.mul(HIGH_UP).add(w2[size] * up * up + w2[low] * LOW_UP);
    FloatVector down1 = high1.mul(HIGH_DOWN).add(w1[size] * down * down + w1[low] * LOW_DOWN);
    FloatVector down2 = high2.mul(HIGH_DOWN).add(w2[size] * down * down + w2[low] * LOW_DOWN);
    FloatVector qx = qxUp1.add(qxUp2);
    FloatVector q2 = up1.add(up2);
    VectorMask<Float> better = q2.compare(GT, 0).and(qx.mul(qx).compare(GT, q2.mul(best)));
    qx = qxUp1.add(qxDown2);
    q2 = up1.add(down2);
    better = better.or(q2.compare(GT, 0).and(qx.mul(qx).compare(GT, q2.mul(best))));
    qx = qxDown1.add(qxUp2);
    q2 = down1.add(up2);
    better = better.or(q2.compare(GT, 0).and(qx.mul(qx).compare(GT, q2.mul(best))));
    qx = qxDown1.add(qxDown2);
    q2 = down1.add(down2);
    better = better.or(q2.compare(GT, 0).and(qx.mul(qx).compare(GT, q2.mul(best))));
    return better.firstTrue();
  }
}
