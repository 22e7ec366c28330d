package dev.zonda.quantize.levels;

import dev.zonda.quantize.block.IQ2_S;
import dev.zonda.quantize.block.IQ2_XS;
import dev.zonda.quantize.block.IQ2_XXS;
import dev.zonda.quantize.block.IQ3_S;
import dev.zonda.quantize.block.IQ3_XXS;
import java.util.Arrays;

/// The way from any levels to a [Grid]: the point that they are, or the points nearest to them.
///
/// Any levels are a *cell*: a number whose digits are the levels, the first value's lowest.
public final class Neighbours {
  private static final int POINT = 16;

  private final Grid grid;

  /// For each cell: its point, or `-1 - i` if its entries begin at index `i`.
  private final int[] cells;

  /// For each cell off the grid, the number of its neighbours and then each one's point and code;
  /// nearest first, in the order of the points where equally far.
  private int[] entries;

  private Neighbours(Grid grid, int shells) {
    this.grid = grid;
    cells = new int[Math.powExact(grid.base, grid.dimensions)];
    entries = new int[cells.length];
    fill(shells);
  }

  /// The neighbours in a grid, computed once.
  public static Neighbours of(Grid grid) {
    return switch (grid) {
      case IQ1 -> Iq1.NEIGHBOURS;
      case IQ2_XXS -> Iq2Xxs.NEIGHBOURS;
      case IQ2_XS -> Iq2Xs.NEIGHBOURS;
      case IQ2_S -> Iq2S.NEIGHBOURS;
      case IQ3_XXS -> Iq3Xxs.NEIGHBOURS;
      case IQ3_S -> Iq3S.NEIGHBOURS;
    };
  }

  // One class for each grid, because the JVM initializes a class when it is first used. The numbers
  // are the shells: how many different distances count as near.

  private static final class Iq1 {
    static final Neighbours NEIGHBOURS = new Neighbours(Grid.IQ1, 3);
  }

  private static final class Iq2Xxs {
    static final Neighbours NEIGHBOURS = new Neighbours(Grid.IQ2_XXS, 2);
  }

  private static final class Iq2Xs {
    static final Neighbours NEIGHBOURS = new Neighbours(Grid.IQ2_XS, 2);
  }

  private static final class Iq2S {
    static final Neighbours NEIGHBOURS = new Neighbours(Grid.IQ2_S, 1);
  }

  private static final class Iq3Xxs {
    static final Neighbours NEIGHBOURS = new Neighbours(Grid.IQ3_XXS, 2);
  }

  private static final class Iq3S {
    static final Neighbours NEIGHBOURS = new Neighbours(Grid.IQ3_S, 3);
  }

  private void fill(int shells) {
    Arrays.fill(cells, -1);
    for (int point = 0; point < grid.points(); point++) {
      int cell = 0;
      for (int i = grid.dimensions - 1; i >= 0; i--) {
        cell = cell * grid.base + grid.level(point, i);
      }
      cells[cell] = point;
    }
    int[] distances = new int[grid.points()];
    int end = 0;
    for (int cell = 0; cell < cells.length; cell++) {
      if (cells[cell] < 0) {
        cells[cell] = -1 - end;
        end = addNeighbours(cell, shells, distances, end);
      }
    }
    entries = Arrays.copyOf(entries, end);
  }

  private int addNeighbours(int cell, int shells, int[] distances, int from) {
    if (from + 1 + distances.length > entries.length) {
      entries = Arrays.copyOf(entries, 2 * entries.length + distances.length);
    }
    int farthest = measure(cell, distances);
    int end = from + 1;
    int found = 0;
    for (int distance = 0; distance <= farthest && found < shells; distance++) {
      int before = end;
      for (int point = 0; point < distances.length; point++) {
        if (distances[point] == distance) {
          entries[end++] = point << POINT | grid.code(point);
        }
      }
      found += end > before ? 1 : 0;
    }
    entries[from] = end - from - 1;
    return end;
  }

  /// Squared distances of all points from a cell; returns the largest.
  private int measure(int cell, int[] distances) {
    Arrays.fill(distances, 0);
    int digits = cell;
    for (int i = 0; i < grid.dimensions; i++) {
      int level = digits % grid.base;
      digits /= grid.base;
      for (int point = 0; point < distances.length; point++) {
        int difference = grid.level(point, i) - level;
        distances[point] += difference * difference;
      }
    }
    return Arrays.stream(distances).max().orElseThrow();
  }

  /// The cell of levels, from index `at` on.
  public int cell(byte[] levels, int at) {
    if (grid.dimensions == 4) {
      return levels[at] | levels[at + 1] << 3 | levels[at + 2] << 6 | levels[at + 3] << 9;
    }
    int upper = ((levels[at + 7] * 3 + levels[at + 6]) * 3 + levels[at + 5]) * 3 + levels[at + 4];
    int lower = ((levels[at + 3] * 3 + levels[at + 2]) * 3 + levels[at + 1]) * 3 + levels[at];
    return upper * 81 + lower;
  }

  /// The point of a cell, or a negative number if the cell is off the grid.
  public int point(int cell) {
    return cells[cell];
  }

  /// The number of neighbours of a cell off the grid.
  public int count(int cell) {
    return entries[-1 - cells[cell]];
  }

  /// The n-th neighbour of a cell off the grid.
  public int neighbour(int cell, int n) {
    return entries[n - cells[cell]] >> POINT;
  }

  /// Of the neighbours of a cell off the grid, the point with the least sum of costs; the first of
  /// several. If no sum is a finite number, the first of all.
  ///
  /// @param costs of each value for each level: `costs[value << bits | level]`
  public int cheapest(int cell, float[] costs) {
    int first = -cells[cell];
    int end = first + entries[first - 1];
    return grid.dimensions == 4
        ? cheapestOfFour(first, end, costs)
        : cheapestOfEight(first, end, costs);
  }

  // Sums are added up from the first value to the last, as ggml does. They are zero or more, so
  // their bits are in the order of their values. A rank joins the bits of a sum with its place, so
  // that the smallest rank is the first of the smallest sums, without branches that cannot be
  // predicted.

  private static final long NOT_FINITE = (long) Float.floatToRawIntBits(Float.MAX_VALUE) << 32;

  private static long rank(float cost, int place) {
    return (long) (Float.floatToRawIntBits(cost) & Integer.MAX_VALUE) << 32 | place;
  }

  private int cheapestOfFour(int first, int end, float[] costs) {
    long best = NOT_FINITE | first;
    for (int n = first; n < end; n++) {
      int entry = entries[n];
      float cost = costs[entry & 7] + costs[8 | (entry >> 3 & 7)];
      cost += costs[16 | (entry >> 6 & 7)];
      cost += costs[24 | (entry >> 9 & 7)];
      best = Math.min(best, rank(cost, n));
    }
    return entries[(int) best] >> POINT;
  }

  private int cheapestOfEight(int first, int end, float[] costs) {
    long best = NOT_FINITE | first;
    for (int n = first; n < end; n++) {
      int entry = entries[n];
      float cost = costs[entry & 3] + costs[4 | (entry >> 2 & 3)];
      cost += costs[8 | (entry >> 4 & 3)];
      cost += costs[12 | (entry >> 6 & 3)];
      cost += costs[16 | (entry >> 8 & 3)];
      cost += costs[20 | (entry >> 10 & 3)];
      cost += costs[24 | (entry >> 12 & 3)];
      cost += costs[28 | (entry >> 14 & 3)];
      best = Math.min(best, rank(cost, n));
    }
    return entries[(int) best] >> POINT;
  }
}
