package dev.zonda.quantize.kernel;

import static dev.zonda.quantize.kernel.LaneSignedGroups.LANES;

import dev.zonda.quantize.levels.SignedRefinement;

/// The refinement with one group in each lane, see [LaneAffineSearch] for how and why.
///
/// Four out of five groups are done after the first round, in which no level of theirs moves. The
/// others are collected, so that further rounds have groups in all lanes that need them.
final class LaneSignedRefinement extends SignedRefinement {
  private final LaneSignedGroups fresh;
  private final LaneSignedGroups moving;

  /// Which groups the moving ones are.
  private final int[] movingGroups = new int[LANES];

  LaneSignedRefinement(int groupSize, int bound) {
    super(groupSize, bound);
    fresh = new LaneSignedGroups(groupSize, bound);
    moving = new LaneSignedGroups(groupSize, bound);
  }

  @Override
  public void fit(float[] values, int from, int groups, byte[] levels, float[] scales) {
    int waiting = 0;
    for (int group = 0; group < groups; group += LANES) {
      int n = Math.min(LANES, groups - group);
      fresh.load(values, from + group * groupSize, n);
      for (int lane = 0; lane < LANES; lane += Lanes.COUNT) {
        fresh.start(lane);
      }
      long moved = fresh.refine();
      for (int lane = 0; lane < LANES; lane += Lanes.COUNT) {
        fresh.finish(lane);
      }
      for (int lane = 0; lane < n; lane++) {
        if ((moved >>> lane & 1) == 0) {
          store(fresh, lane, group + lane, levels, scales);
          continue;
        }
        moving.take(fresh, lane, waiting);
        movingGroups[waiting++] = group + lane;
        if (waiting == LANES) {
          refineMoving(waiting, levels, scales);
          waiting = 0;
        }
      }
    }
    if (waiting > 0) {
      refineMoving(waiting, levels, scales);
    }
  }

  /// The further rounds. A lane in which nothing changes any more stays with the others: it again
  /// finds nothing to change.
  private void refineMoving(int groups, byte[] levels, float[] scales) {
    long lanes = -1L >>> (Long.SIZE - groups);
    long moved = lanes;
    for (int round = 1; round < ROUNDS && (moved & lanes) != 0; round++) {
      moved = moving.refine();
    }
    for (int lane = 0; lane < groups; lane += Lanes.COUNT) {
      moving.finish(lane);
    }
    for (int lane = 0; lane < groups; lane++) {
      store(moving, lane, movingGroups[lane], levels, scales);
    }
  }

  private void store(LaneSignedGroups from, int lane, int group, byte[] levels, float[] scales) {
    from.levels(lane, levels, group * groupSize);
    scales[group] = from.scale(lane);
  }
}
