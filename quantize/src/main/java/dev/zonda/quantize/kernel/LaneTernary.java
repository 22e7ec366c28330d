package dev.zonda.quantize.kernel;

import static dev.zonda.quantize.kernel.Lanes.COUNT;
import static dev.zonda.quantize.kernel.Lanes.FLOATS;
import static jdk.incubator.vector.VectorOperators.F2I;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.IS_NAN;

import dev.zonda.quantize.levels.Grid;
import dev.zonda.quantize.levels.TernarySearch;
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
      FloatVector zero = FloatVector.zero(FLOATS);
      FloatVector one = FloatVector.broadcast(FLOATS, 1);
      FloatVector index = zero.addIndex(1);
      FloatVector rank = zero;
      for (int i = 0; i < first; i++) {
        rank = zero.blend(one, v.compare(GE, x[from + i])).add(rank);
      }
      for (int i = first; i < first + COUNT; i++) {
        VectorMask<Float> larger = v.compare(GT, x[from + i]);
        VectorMask<Float> atLeast = v.compare(GE, x[from + i]);
        rank = zero.blend(one, atLeast.and(index.compare(GT, i - first)).or(larger)).add(rank);
      }
      for (int i = first + COUNT; i < ranks.length; i++) {
        rank = zero.blend(one, v.compare(GT, x[from + i])).add(rank);
      }
      ((IntVector) rank.convert(F2I, 0)).intoArray(ranks, first);
    }
    return true;
  }

  /// See `Neighbours.cheapest`.
  ///
  /// @param levels of eight values from index `at` on, off the grid
  /// @return the point
  public int cheapest(byte[] levels, int at, float[] costs) {
    int code = 0;
    for (int i = TernarySearch.EIGHT - 1; i >= 0; i--) {
      code = code << 2 | levels[at + i];
    }
    return neighbours.point(neighbours.cheapest(neighbours.cell(code), costs, places));
  }
}
