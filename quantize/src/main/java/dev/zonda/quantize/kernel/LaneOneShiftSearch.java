package dev.zonda.quantize.kernel;

import static dev.zonda.quantize.kernel.Lanes.COUNT;
import static dev.zonda.quantize.kernel.Lanes.FLOATS;
import static jdk.incubator.vector.VectorOperators.GT;

import dev.zonda.quantize.levels.OneShiftSearch;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// The search with one upper border in each lane.
///
/// Borders are still tried in order, because a tie goes to the first: a vector only finds the next
/// one that improves on what there was before. Mostly, there is none.
final class LaneOneShiftSearch extends OneShiftSearch {
  private final LaneTernary lanes;

  LaneOneShiftSearch(int size) {
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
    // No border lies beyond the last: the sums there are no numbers, and improve nothing.
    Arrays.fill(sumX, size + 1, sumX.length, Float.NaN);
    boolean found = false;
    for (int low = 0; low <= size; low++) {
      int high = low;
      while (high <= size) {
        int lane = firstBetter(sumX, sumW, size, low, high, best);
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
      float[] sumX, float[] sumW, int size, int low, int high, float best) {
    float x = sumX[low];
    float w = sumW[low];
    FloatVector upToHighX = FloatVector.fromArray(FLOATS, sumX, high);
    FloatVector upToHighW = FloatVector.fromArray(FLOATS, sumW, high);
    FloatVector middleX = upToHighX.sub(x);
    FloatVector middleW = upToHighW.sub(w).mul(SHIFT).mul(SHIFT);
    FloatVector highX = FloatVector.broadcast(FLOATS, sumX[size]).sub(upToHighX);
    FloatVector highW = FloatVector.broadcast(FLOATS, sumW[size]).sub(upToHighW);
    FloatVector qxUp = middleX.mul(SHIFT).add(x * MINUS_UP).add(highX.mul(PLUS_UP));
    FloatVector q2Up = middleW.add(w * MINUS_UP * MINUS_UP).add(highW.mul(PLUS_UP).mul(PLUS_UP));
    FloatVector qxDown = middleX.mul(-SHIFT).add(x * MINUS_DOWN).add(highX.mul(PLUS_DOWN));
    FloatVector q2Down =
        middleW.add(w * MINUS_DOWN * MINUS_DOWN).add(highW.mul(PLUS_DOWN).mul(PLUS_DOWN));
    VectorMask<Float> up = q2Up.compare(GT, 0).and(qxUp.mul(qxUp).compare(GT, q2Up.mul(best)));
    VectorMask<Float> down =
        q2Down.compare(GT, 0).and(qxDown.mul(qxDown).compare(GT, q2Down.mul(best)));
    return up.or(down).firstTrue();
  }
}
