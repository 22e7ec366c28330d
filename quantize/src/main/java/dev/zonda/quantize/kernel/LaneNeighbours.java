package dev.zonda.quantize.kernel;

import static dev.zonda.quantize.kernel.Lanes.COUNT;
import static dev.zonda.quantize.kernel.Lanes.FLOATS;
import static dev.zonda.quantize.kernel.Lanes.INTS;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.F2I;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.MIN;
import static jdk.incubator.vector.VectorOperators.NE;

import dev.zonda.quantize.block.IQ2_S;
import dev.zonda.quantize.block.IQ2_XS;
import dev.zonda.quantize.block.IQ2_XXS;
import dev.zonda.quantize.block.IQ3_S;
import dev.zonda.quantize.block.IQ3_XXS;
import dev.zonda.quantize.levels.Grid;
import dev.zonda.quantize.levels.Neighbours;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/// The neighbours of [Neighbours] as vectors: each lane is a candidate, and looks its costs up in
/// the lanes of a vector that holds those of some dimensions. Every lane adds up its candidate's
/// costs in order.
final class LaneNeighbours {
  /// Costs of all dimensions and levels: of four dimensions with eight levels each, or eight with
  /// four.
  static final int COSTS = 32;

  /// Bits of a dimension in a candidate.
  private static final int DIGIT = 4;

  /// Bits of a cell for the number of vectors.
  private static final int VECTORS = 8;

  /// For each code: the code itself, if it is a point's; else how many vectors of candidates its
  /// cell has and, in the bits above, which one is the first, with all bits inverted.
  private final int[] cells;

  /// The candidates: for each dimension, the place of its cost in [#COSTS], modulo 16, which is
  /// enough for the widest vectors. The last one repeats until the vector is full.
  private final int[] candidates;

  /// The candidates' codes.
  private final char[] codes;

  /// The point of each code that is a point's.
  private final char[] points;

  private final Grid grid;

  /// Costs per dimension.
  private final int stride;

  private LaneNeighbours(Grid grid) {
    this.grid = grid;
    stride = COSTS / grid.dimensions;
    Neighbours neighbours = Neighbours.of(grid);
    int cellCount = 1 << (grid.bits * grid.dimensions);
    cells = new int[cellCount];
    points = new char[cellCount];
    for (int point = 0; point < grid.points(); point++) {
      points[grid.code(point)] = (char) point;
    }
    byte[] levels = new byte[grid.dimensions];
    int vectors = 0;
    for (int code = 0; code < cellCount; code++) {
      if (isCell(code, levels)) {
        int cell = neighbours.cell(levels, 0);
        if (neighbours.point(cell) >= 0) {
          cells[code] = code;
        } else {
          int here = Math.ceilDiv(neighbours.count(cell), COUNT);
          if (here >= 1 << VECTORS) {
            throw new IllegalStateException(grid + " has cells with too many neighbours");
          }
          cells[code] = ~(vectors << VECTORS | here);
          vectors += here;
        }
      }
    }
    candidates = new int[vectors * COUNT];
    codes = new char[vectors * COUNT];
    for (int code = 0; code < cellCount; code++) {
      if (cells[code] < 0) {
        isCell(code, levels);
        fill(neighbours, neighbours.cell(levels, 0), ~cells[code]);
      }
    }
  }

  /// Whether a code's digits are levels.
  private boolean isCell(int code, byte[] levels) {
    boolean all = true;
    for (int i = 0; i < levels.length; i++) {
      levels[i] = (byte) (code >> (grid.bits * i) & ((1 << grid.bits) - 1));
      all &= levels[i] < grid.base;
    }
    return all;
  }

  private void fill(Neighbours neighbours, int cell, int vectors) {
    int first = (vectors >> VECTORS) * COUNT;
    int end = first + (vectors & ((1 << VECTORS) - 1)) * COUNT;
    int last = neighbours.count(cell) - 1;
    for (int place = first; place < end; place++) {
      int point = neighbours.neighbour(cell, Math.min(place - first, last));
      codes[place] = (char) grid.code(point);
      for (int i = 0; i < grid.dimensions; i++) {
        int cost = i * stride + grid.level(point, i);
        candidates[place] |= (cost & ((1 << DIGIT) - 1)) << (DIGIT * i);
      }
    }
  }

  /// The neighbours in a grid, computed once.
  public static LaneNeighbours of(Grid grid) {
    return switch (grid) {
      case IQ1 -> Iq1.NEIGHBOURS;
      case IQ2_XXS -> Iq2Xxs.NEIGHBOURS;
      case IQ2_XS -> Iq2Xs.NEIGHBOURS;
      case IQ2_S -> Iq2S.NEIGHBOURS;
      case IQ3_XXS -> Iq3Xxs.NEIGHBOURS;
      case IQ3_S -> Iq3S.NEIGHBOURS;
    };
  }

  // One class for each grid, because the JVM initializes a class when it is first used.

  private static final class Iq1 {
    static final LaneNeighbours NEIGHBOURS = new LaneNeighbours(Grid.IQ1);
  }

  private static final class Iq2Xxs {
    static final LaneNeighbours NEIGHBOURS = new LaneNeighbours(Grid.IQ2_XXS);
  }

  private static final class Iq2Xs {
    static final LaneNeighbours NEIGHBOURS = new LaneNeighbours(Grid.IQ2_XS);
  }

  private static final class Iq2S {
    static final LaneNeighbours NEIGHBOURS = new LaneNeighbours(Grid.IQ2_S);
  }

  private static final class Iq3Xxs {
    static final LaneNeighbours NEIGHBOURS = new LaneNeighbours(Grid.IQ3_XXS);
  }

  private static final class Iq3S {
    static final LaneNeighbours NEIGHBOURS = new LaneNeighbours(Grid.IQ3_S);
  }

  /// The code itself, zero or more, if it is a point's; else a negative number that stands for its
  /// candidates, for [#cheapest].
  public int cell(int code) {
    return cells[code];
  }

  /// The point that has a code.
  public int point(int code) {
    return points[code];
  }

  /// See [Neighbours#cheapest].
  ///
  /// @param cell a negative number from [#cell]
  /// @param costs of each value for each level, as [#COSTS] says
  /// @return the point's code
  public int cheapest(int cell, float[] costs, int[] places) {
    int vectors = ~cell & ((1 << VECTORS) - 1);
    int first = (~cell >> VECTORS) * COUNT;
    int place =
        stride == 4
            ? cheapestOfEight(candidates, first, vectors, costs, places)
            : cheapestOfFour(candidates, first, vectors, costs, places);
    return codes[place];
  }

  private static int cheapestOfEight(
      int[] candidates, int first, int vectors, float[] costs, int[] places) {
    FloatVector best = FloatVector.broadcast(FLOATS, Float.MAX_VALUE);
    FloatVector bestAt = FloatVector.broadcast(FLOATS, first);
    int end = first + vectors * COUNT;
    for (int at = first; at < end; at += COUNT) {
      IntVector digits = IntVector.fromArray(INTS, candidates, at);
      FloatVector sum =
          digits
              .selectFrom(FloatVector.fromArray(FLOATS, costs, 0).reinterpretAsInts())
              .reinterpretAsFloats();
      for (int i = 1; i < 8; i++) {
        sum =
            digits
                .lanewise(LSHR, DIGIT * i)
                .selectFrom(
                    FloatVector.fromArray(FLOATS, costs, 4 * i & -COUNT).reinterpretAsInts())
                .reinterpretAsFloats()
                .add(sum);
      }
      VectorMask<Float> worse = sum.compare(LT, best).not();
      best = sum.blend(best, worse);
      bestAt = FloatVector.broadcast(FLOATS, at).blend(bestAt, worse);
    }
    // Sums are zero or more, so their bits are in the order of their values.
    IntVector sums = best.reinterpretAsInts();
    long least = sums.compare(EQ, sums.reduceLanes(MIN)).toLong();
    if (vectors == 1) {
      return first + Long.numberOfTrailingZeros(least);
    }
    ((IntVector) bestAt.convert(F2I, 0)).intoArray(places, 0);
    return firstPlace(least, places);
  }

  private static int cheapestOfFour(
      int[] candidates, int first, int vectors, float[] costs, int[] places) {
    FloatVector best = FloatVector.broadcast(FLOATS, Float.MAX_VALUE);
    FloatVector bestAt = FloatVector.broadcast(FLOATS, first);
    int end = first + vectors * COUNT;
    for (int at = first; at < end; at += COUNT) {
      IntVector digits = IntVector.fromArray(INTS, candidates, at);
      FloatVector sum = FloatVector.zero(FLOATS);
      for (int i = 0; i < 4; i++) {
        IntVector digit = digits.lanewise(LSHR, DIGIT * i);
        IntVector cost =
            digit.selectFrom(
                FloatVector.fromArray(FLOATS, costs, 8 * i & -COUNT).reinterpretAsInts());
        if (COUNT == 4) {
          // Eight costs are two vectors.
          IntVector upper =
              digit.selectFrom(FloatVector.fromArray(FLOATS, costs, 8 * i + 4).reinterpretAsInts());
          cost = cost.blend(upper, digit.and(4).compare(NE, 0));
        }
        sum = cost.reinterpretAsFloats().add(sum);
      }
      VectorMask<Float> worse = sum.compare(LT, best).not();
      best = sum.blend(best, worse);
      bestAt = FloatVector.broadcast(FLOATS, at).blend(bestAt, worse);
    }
    // Sums are zero or more, so their bits are in the order of their values.
    IntVector sums = best.reinterpretAsInts();
    long least = sums.compare(EQ, sums.reduceLanes(MIN)).toLong();
    if (vectors == 1) {
      return first + Long.numberOfTrailingZeros(least);
    }
    ((IntVector) bestAt.convert(F2I, 0)).intoArray(places, 0);
    return firstPlace(least, places);
  }

  /// The first place in the lanes whose bits are set.
  private static int firstPlace(long lanes, int[] places) {
    int first = Integer.MAX_VALUE;
    for (long rest = lanes; rest != 0; rest &= rest - 1) {
      int lane = Long.numberOfTrailingZeros(rest);
      first = Math.min(first, places[lane] + lane);
    }
    return first;
  }
}
