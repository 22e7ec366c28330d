package dev.zonda.quantize.block;

import static dev.zonda.quantize.block.Lanes.COUNT;
import static dev.zonda.quantize.block.Lanes.FLOATS;
import static dev.zonda.quantize.block.Lanes.INTS;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.IS_NAN;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/// What the ternary searches with vectors share: order, and neighbours.
final class LaneTernary {
  private final LaneNeighbours neighbours = LaneNeighbours.of(Grid.IQ1);
  private final int[] places = new int[COUNT];
  private final int[] ranks;

  /// @param size values in a group, a multiple of 16
  LaneTernary(int size) {
    ranks = new int[size];
  }

  /// Puts values in ascending order; equal values keep theirs. A value's place is the number of
  /// those that are smaller, and of equal ones that come before.
  ///
  /// @param order receives the values' places in `x`, the smallest value's first
  /// @return whether there is an order: not if there is a NaN
  boolean sort(float[] x, int from, int[] order) {
    if (!rank(x, from, ranks)) {
      return false;
    }
    for (int i = 0; i < ranks.length; i++) {
      order[ranks[i]] = i;
    }
    return true;
  }

  private static boolean rank(float[] x, int from, int[] ranks) {
    for (int first = 0; first < ranks.length; first += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, from + first);
      if (v.test(IS_NAN).anyTrue()) {
        return false;
      }
      IntVector rank = IntVector.zero(INTS);
      IntVector one = IntVector.broadcast(INTS, 1);
      IntVector index = IntVector.fromArray(INTS, Lanes.INDEX, 0);
      for (int i = 0; i < first; i++) {
        VectorMask<Integer> behind = v.compare(GE, x[from + i]).cast(INTS);
        rank = rank.add(one, behind);
      }
      for (int i = first; i < first + COUNT; i++) {
        VectorMask<Integer> larger = v.compare(GT, x[from + i]).cast(INTS);
        VectorMask<Integer> atLeast = v.compare(GE, x[from + i]).cast(INTS);
        rank = rank.add(one, atLeast.and(index.compare(GT, i - first)).or(larger));
      }
      for (int i = first + COUNT; i < ranks.length; i++) {
        VectorMask<Integer> behind = v.compare(GT, x[from + i]).cast(INTS);
        rank = rank.add(one, behind);
      }
      rank.intoArray(ranks, first);
    }
    return true;
  }

  /// See [Neighbours#cheapest].
  ///
  /// @param levels of eight values from index `at` on, no point
  /// @return the point
  int cheapest(byte[] levels, int at, float[] costs) {
    int code = 0;
    for (int i = TernarySearch.EIGHT - 1; i >= 0; i--) {
      code = code << 2 | levels[at + i];
    }
    return neighbours.point(neighbours.cheapest(neighbours.cell(code), costs, places));
  }
}
