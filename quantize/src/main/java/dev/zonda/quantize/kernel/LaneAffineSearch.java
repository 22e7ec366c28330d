package dev.zonda.quantize.kernel;

import static dev.zonda.quantize.kernel.Lanes.COUNT;

import dev.zonda.quantize.levels.AffineSearch;
import dev.zonda.quantize.levels.Fits;

/// The affine search with one group in each lane: every lane does what [AffineSearch] does, in the
/// same order, and keeps what wins by masks instead of branches.
///
/// Narrow vectors are taken two at a time, so that one's sums need not wait for the other's; wide
/// ones would run out of registers.
public final class LaneAffineSearch extends AffineSearch {
  /// Vectors that are searched together.
  private static final int AT_ONCE = COUNT < 16 ? 2 : 1;

  private final LaneAffineFit lanes;
  private final float[] targets;

  public LaneAffineSearch(int groupSize, Range range, ErrorMeasure measure) {
    super(groupSize, range, measure);
    lanes = new LaneAffineFit(groupSize, range.top());
    targets = new float[range.last() + 1];
    for (int step = 0; step < targets.length; step++) {
      targets[step] = range.target(step);
    }
  }

  @Override
  public void fit(float[] values, int from, float[] weights, int groups, Fits fits) {
    int group = 0;
    for (; group + COUNT < groups && AT_ONCE == 2; group += 2 * COUNT) {
      load(values, from, weights, group, groups, 0);
      load(values, from, weights, group + COUNT, groups, COUNT);
      for (float target : targets) {
        lanes.sumTwo(target);
        if (measure == ErrorMeasure.SQUARED) {
          lanes.squaredErrorsOfTwo();
        } else {
          lanes.absoluteErrors(0);
          lanes.absoluteErrors(COUNT);
        }
        lanes.keepBetter(0);
        lanes.keepBetter(COUNT);
      }
      store(values, from, weights, group, groups, 0, fits);
      store(values, from, weights, group + COUNT, groups, COUNT, fits);
    }
    for (; group < groups; group += COUNT) {
      load(values, from, weights, group, groups, 0);
      for (float target : targets) {
        lanes.sumOne(target, 0);
        if (measure == ErrorMeasure.SQUARED) {
          lanes.squaredErrors(0);
        } else {
          lanes.absoluteErrors(0);
        }
        lanes.keepBetter(0);
      }
      store(values, from, weights, group, groups, 0, fits);
    }
  }

  /// Prepares a vector of groups, and tries the plain mapping.
  private void load(float[] values, int from, float[] weights, int group, int groups, int lane) {
    int n = Math.min(COUNT, groups - group);
    lanes.load(values, from + group * groupSize, weights, group * groupSize, n, lane);
    if (measure == ErrorMeasure.SQUARED) {
      lanes.squaredErrors(lane);
    } else {
      lanes.absoluteErrors(lane);
    }
    lanes.keepError(lane);
  }

  private void store(
      float[] values, int from, float[] weights, int group, int groups, int lane, Fits fits) {
    if (lanes.isFar(lane)) {
      fitInTurn(values, from, weights, group, Math.min(COUNT, groups - group), fits);
    } else {
      lanes.store(fits, group, lane);
    }
  }
}
