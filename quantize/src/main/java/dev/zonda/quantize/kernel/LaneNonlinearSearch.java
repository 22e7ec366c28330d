package dev.zonda.quantize.kernel;

import static dev.zonda.quantize.kernel.Lanes.COUNT;
import static dev.zonda.quantize.kernel.Lanes.FLOATS;
import static dev.zonda.quantize.levels.NonlinearLevels.LEVELS;
import static dev.zonda.quantize.levels.NonlinearLevels.THRESHOLDS;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LT;

import dev.zonda.quantize.levels.NonlinearLevels;
import dev.zonda.quantize.levels.NonlinearSearch;
import dev.zonda.quantize.levels.SymmetricSearch;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// The search with one group in each lane, see [LaneAffineSearch] for how and why.
///
/// All mappings but the first lie so close together (134/120 is the ratio of the outermost) that
/// from one to the other no value passes more than one threshold: neighbours are at least 1.2 times
/// as far from zero. So each value's two possible levels and the threshold between them are found
/// once; after that a mapping costs one comparison for each value.
final class LaneNonlinearSearch extends NonlinearSearch {
  private static final int END = GROUP * COUNT;

  private final float[] x = new float[END];
  private final float[] w = new float[END];
  private final float[] low = new float[END];
  private final float[] high = new float[END];
  private final float[] middle = new float[END];
  private final float[] max = new float[COUNT];
  private final float[] best = new float[COUNT];

  @Override
  public void fit(float[] values, int from, float[] weights, int groups, float[] scales) {
    for (int group = 0; group < groups; group += COUNT) {
      int n = Math.min(COUNT, groups - group);
      Lanes.interleave(values, from + group * GROUP, GROUP, n, x);
      Lanes.interleave(weights, group * GROUP, GROUP, n, w);
      findLargest();
      tryFirst(scales, group);
      bracket();
      tryOthers(scales, group);
    }
  }

  private void findLargest() {
    FloatVector largest = FloatVector.zero(FLOATS);
    FloatVector value = largest;
    for (int i = 0; i < END; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, i);
      FloatVector magnitude = v.abs();
      VectorMask<Float> smaller = magnitude.compare(GT, largest).not();
      largest = magnitude.blend(largest, smaller);
      value = v.blend(value, smaller);
    }
    value.intoArray(max, 0);
  }

  /// From the highest level down, as far as a threshold lies above the value. NaN stays highest, as
  /// in [NonlinearLevels#nearest].
  private void tryFirst(float[] scales, int group) {
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector inverse =
        FloatVector.broadcast(FLOATS, 1f)
            .div(FloatVector.fromArray(FLOATS, max, 0).neg().div(NonlinearLevels.LOWEST));
    for (int i = 0; i < END; i += 2 * COUNT) {
      FloatVector v0 = inverse.mul(FloatVector.fromArray(FLOATS, x, i));
      FloatVector v1 = inverse.mul(FloatVector.fromArray(FLOATS, x, i + COUNT));
      FloatVector q0 = FloatVector.broadcast(FLOATS, LEVELS[15]);
      FloatVector q1 = q0;
      for (int k = 14; k >= 0; k--) {
        FloatVector threshold = FloatVector.broadcast(FLOATS, THRESHOLDS[k]);
        FloatVector level = FloatVector.broadcast(FLOATS, LEVELS[k]);
        q0 = level.blend(q0, v0.compare(LT, threshold).not());
        q1 = level.blend(q1, v1.compare(LT, threshold).not());
      }
      q0.intoArray(low, i);
      q1.intoArray(low, i + COUNT);
    }
    FloatVector sumQX = zero;
    FloatVector sumQ2 = zero;
    for (int i = 0; i < END; i += COUNT) {
      FloatVector q = FloatVector.fromArray(FLOATS, low, i);
      FloatVector wq = FloatVector.fromArray(FLOATS, w, i).mul(q);
      sumQX = wq.mul(FloatVector.fromArray(FLOATS, x, i)).add(sumQX);
      sumQ2 = wq.mul(q).add(sumQ2);
    }
    FloatVector scale = zero.blend(sumQX.div(sumQ2), sumQ2.compare(GT, zero));
    scale.intoArray(scales, group);
    scale.mul(sumQX).intoArray(best, 0);
  }

  /// The level of each value under the mapping that puts it lowest, the next one, and the threshold
  /// between them.
  private void bracket() {
    FloatVector largest = FloatVector.fromArray(FLOATS, max, 0);
    FloatVector steep = FloatVector.broadcast(FLOATS, NonlinearLevels.LOWEST - TRIES).div(largest);
    FloatVector shallow =
        FloatVector.broadcast(FLOATS, NonlinearLevels.LOWEST + TRIES).div(largest);
    for (int i = 0; i < END; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, i);
      FloatVector mapped = steep.mul(v);
      FloatVector other = shallow.mul(v);
      mapped = mapped.blend(other, other.compare(LT, mapped));
      FloatVector above = FloatVector.broadcast(FLOATS, LEVELS[15]);
      FloatVector q = above;
      FloatVector next = above;
      for (int k = 14; k >= 0; k--) {
        FloatVector threshold = FloatVector.broadcast(FLOATS, THRESHOLDS[k]);
        VectorMask<Float> beyond = mapped.compare(LT, threshold).not();
        FloatVector level = FloatVector.broadcast(FLOATS, LEVELS[k]);
        next = above.blend(next, beyond);
        q = level.blend(q, beyond);
        above = level;
      }
      q.intoArray(low, i);
      next.intoArray(high, i);
      q.add(next).mul(0.5f).intoArray(middle, i);
    }
  }

  private void tryOthers(float[] scales, int group) {
    float[] x = this.x;
    float[] w = this.w;
    float[] low = this.low;
    float[] high = this.high;
    float[] middle = this.middle;
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector largest = FloatVector.fromArray(FLOATS, max, 0);
    FloatVector scale = FloatVector.fromArray(FLOATS, scales, group);
    FloatVector best = FloatVector.fromArray(FLOATS, this.best, 0);
    // Three at a time, which share what they load.
    for (int attempt = -TRIES; attempt <= TRIES; attempt += 3) {
      float target = attempt + NonlinearLevels.LOWEST;
      FloatVector inverse0 = FloatVector.broadcast(FLOATS, target).div(largest);
      FloatVector inverse1 = FloatVector.broadcast(FLOATS, target + 1).div(largest);
      FloatVector inverse2 = FloatVector.broadcast(FLOATS, target + 2).div(largest);
      FloatVector sumQX0 = zero;
      FloatVector sumQX1 = zero;
      FloatVector sumQX2 = zero;
      FloatVector sumQ20 = zero;
      FloatVector sumQ21 = zero;
      FloatVector sumQ22 = zero;
      for (int i = 0; i < END; i += COUNT) {
        FloatVector v = FloatVector.fromArray(FLOATS, x, i);
        FloatVector vw = FloatVector.fromArray(FLOATS, w, i);
        FloatVector l = FloatVector.fromArray(FLOATS, low, i);
        FloatVector h = FloatVector.fromArray(FLOATS, high, i);
        FloatVector m = FloatVector.fromArray(FLOATS, middle, i);
        FloatVector q0 = h.blend(l, inverse0.mul(v).compare(LT, m));
        FloatVector wq0 = vw.mul(q0);
        sumQX0 = wq0.mul(v).add(sumQX0);
        sumQ20 = wq0.mul(q0).add(sumQ20);
        FloatVector q1 = h.blend(l, inverse1.mul(v).compare(LT, m));
        FloatVector wq1 = vw.mul(q1);
        sumQX1 = wq1.mul(v).add(sumQX1);
        sumQ21 = wq1.mul(q1).add(sumQ21);
        FloatVector q2 = h.blend(l, inverse2.mul(v).compare(LT, m));
        FloatVector wq2 = vw.mul(q2);
        sumQX2 = wq2.mul(v).add(sumQX2);
        sumQ22 = wq2.mul(q2).add(sumQ22);
      }
      FloatVector scale0 = sumQX0.div(sumQ20);
      VectorMask<Float> worse0 =
          sumQ20.compare(GT, zero).and(sumQX0.mul(sumQX0).compare(GT, sumQ20.mul(best))).not();
      scale = scale0.blend(scale, worse0);
      best = scale0.mul(sumQX0).blend(best, worse0);
      FloatVector scale1 = sumQX1.div(sumQ21);
      VectorMask<Float> worse1 =
          sumQ21.compare(GT, zero).and(sumQX1.mul(sumQX1).compare(GT, sumQ21.mul(best))).not();
      scale = scale1.blend(scale, worse1);
      best = scale1.mul(sumQX1).blend(best, worse1);
      FloatVector scale2 = sumQX2.div(sumQ22);
      VectorMask<Float> worse2 =
          sumQ22.compare(GT, zero).and(sumQX2.mul(sumQX2).compare(GT, sumQ22.mul(best))).not();
      scale = scale2.blend(scale, worse2);
      best = scale2.mul(sumQX2).blend(best, worse2);
    }
    VectorMask<Float> empty = largest.abs().compare(LT, SymmetricSearch.ALL_ZERO);
    scale.blend(zero, empty).intoArray(scales, group);
  }
}
