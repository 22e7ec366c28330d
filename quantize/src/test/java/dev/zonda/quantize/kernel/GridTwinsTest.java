package dev.zonda.quantize.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.quantize.levels.Grid;
import dev.zonda.quantize.levels.Neighbours;
import dev.zonda.quantize.levels.OneShiftSearch;
import dev.zonda.quantize.levels.ScaleSearch;
import dev.zonda.quantize.levels.TernarySearch;
import dev.zonda.quantize.levels.TwoShiftSearch;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The parts of the grid searches give the same bits with vectors as without.
@Tag("vector")
class GridTwinsTest {
  private enum Costs {
    ANY {
      @Override
      float next(Random random) {
        return random.nextFloat();
      }
    },
    /// Few values: many sums are equal, and the first place counts.
    TIES {
      @Override
      float next(Random random) {
        return random.nextInt(3);
      }
    },
    NOT_FINITE {
      @Override
      float next(Random random) {
        return random.nextInt(4) == 0 ? random.nextFloat() : Float.POSITIVE_INFINITY;
      }
    };

    abstract float next(Random random);
  }

  @ParameterizedTest
  @EnumSource
  void cellsHaveTheSameCheapestNeighbour(Grid grid) {
    Neighbours neighbours = Neighbours.of(grid);
    LaneNeighbours lanes = LaneNeighbours.of(grid);
    Random random = new Random(7);
    float[] costs = new float[LaneNeighbours.COSTS];
    int[] places = new int[Lanes.COUNT];
    byte[] levels = new byte[grid.dimensions];
    int cells = Math.powExact(grid.base, grid.dimensions);
    for (int number = 0; number < cells; number += 1 + random.nextInt(5)) {
      int code = 0;
      for (int i = 0, digits = number; i < levels.length; i++, digits /= grid.base) {
        levels[i] = (byte) (digits % grid.base);
        code |= levels[i] << (grid.bits * i);
      }
      int cell = neighbours.cell(levels, 0);
      if (neighbours.point(cell) >= 0) {
        assertEquals(code, lanes.cell(code));
        assertEquals(neighbours.point(cell), lanes.point(code));
        continue;
      }
      for (Costs kind : Costs.values()) {
        for (int i = 0; i < costs.length; i++) {
          costs[i] = kind.next(random);
        }
        int found = lanes.cheapest(lanes.cell(code), costs, places);
        assertEquals(neighbours.cheapest(cell, costs), lanes.point(found), kind.name());
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void stepsAgree(Samples samples) {
    int n = 32;
    int count = Lanes.COUNT;
    LaneScaleSearch search = new LaneScaleSearch(n, 4);
    for (int seed = 0; seed < 20; seed++) {
      // Nearly all are magnitudes.
      float[] x = samples.values(n * count, seed);
      for (int i = 0; i < x.length; i++) {
        x[i] = i % 29 == 3 ? x[i] : Math.abs(x[i]);
      }
      float[] weights = Samples.POSITIVE.values(n * count, seed + 100);
      float[] steps = new float[count];
      search.search(interleaved(x, n), interleaved(weights, n), steps);
      for (int lane = 0; lane < count; lane++) {
        float expected = ScaleSearch.search(x, lane * n, n, weights, 4, new byte[n]);
        assertEquals(expected, steps[lane], "lane " + lane);
      }
    }
  }

  private static float[] interleaved(float[] x, int n) {
    float[] out = new float[x.length];
    Lanes.interleave(x, 0, n, Lanes.COUNT, out);
    return out;
  }

  @Test
  void equalValuesKeepTheirOrder() {
    Random random = new Random(11);
    for (int size : new int[] {16, 32}) {
      LaneTernary lanes = new LaneTernary(size);
      for (int sample = 0; sample < 500; sample++) {
        float[] x = new float[size + 3];
        for (int i = 0; i < x.length; i++) {
          x[i] = random.nextInt(1 + sample / 5) / 4f * (random.nextBoolean() ? 1 : -1);
        }
        int[] expected =
            IntStream.range(0, size)
                .boxed()
                .sorted((a, b) -> x[a + 3] < x[b + 3] ? -1 : x[a + 3] > x[b + 3] ? 1 : 0)
                .mapToInt(i -> i)
                .toArray();
        int[] order = new int[size];
        assertTrue(lanes.sort(x, 3, order));
        assertArrayEquals(expected, order);
        x[3 + random.nextInt(size)] = Float.NaN;
        assertFalse(lanes.sort(x, 3, order));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void bordersAgree(Samples samples) {
    assertFitsAgree(samples, 32, () -> new OneShiftSearch(32), () -> new LaneOneShiftSearch(32));
    assertFitsAgree(samples, 16, () -> new TwoShiftSearch(16), () -> new LaneTwoShiftSearch(16));
  }

  private static void assertFitsAgree(
      Samples samples, int size, Supplier<TernarySearch> scalar, Supplier<TernarySearch> vector) {
    TernarySearch expected = scalar.get();
    TernarySearch actual = vector.get();
    float[] x = samples.values(100 * size, 5);
    float[] weights = Samples.POSITIVE.values(100 * size, 6);
    for (int from = 0; from < x.length; from += size) {
      System.arraycopy(weights, from, expected.weights, 0, size);
      System.arraycopy(weights, from, actual.weights, 0, size);
      assertEquals(expected.fit(x, from), actual.fit(x, from));
      assertArrayEquals(expected.points, actual.points);
      assertArrayEquals(expected.shifts, actual.shifts);
      assertEquals(Arrays.toString(expected.order), Arrays.toString(actual.order));
    }
  }
}
