package dev.zonda.quantize.levels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// The tables of the grids are ggml's, and neighbours are the nearest points.
class GridTest {
  /// The hashes are of the tables in ggml-common.h (`iq1s_grid` and so on), little endian.
  @ParameterizedTest
  @CsvSource({
    "IQ1, 2048, 07540ffc1aeaf6ad4d97e96b0fcc765aae39671d4ae4a27bbd0e796fde167c6a",
    "IQ2_XXS, 256, 05826b5d3e472a3a78f196be62ac78acf81df0f909626e12ab9fa2a5d490dd54",
    "IQ2_XS, 512, 06e47aaca60b4dc1d9b5a3f34540437058a6b142b4d7a59d5ded769b4d1bf1de",
    "IQ2_S, 1024, e1aa1473412b0552c2174c30ef22ab4073f6a181b85a17056e8249bd2932fd88",
    "IQ3_XXS, 256, 46e35f5a997efdee6c99ce57854c8a0d4f0ff8ca57e5e8a60c0793ea580acf5d",
    "IQ3_S, 512, bd1af4945a1717c65610b0284e4628b9a1ba3b306fae3a06f6e5f597356e349f",
  })
  void valuesAreTheReferences(Grid grid, int points, String sha256)
      throws NoSuchAlgorithmException {
    assertEquals(points, grid.points());
    byte[] table = new byte[points * grid.dimensions];
    for (int i = 0; i < table.length; i++) {
      table[i] = (byte) grid.value(i / grid.dimensions, i % grid.dimensions);
    }
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(table);
    assertEquals(sha256, HexFormat.of().formatHex(hash));
  }

  /// Ascending codes: no point comes twice.
  @ParameterizedTest
  @EnumSource
  void pointsAreInOrder(Grid grid) {
    assertEquals(0, grid.code(0));
    for (int point = 1; point < grid.points(); point++) {
      assertTrue(grid.code(point - 1) < grid.code(point), "point " + point);
    }
  }

  /// The lattices that ggml took these grids from (E8 and D4) have even sums only.
  @ParameterizedTest
  @EnumSource(names = {"IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS"})
  void sumsOfLevelsAreEven(Grid grid) {
    for (int point = 0; point < grid.points(); point++) {
      int sum = 0;
      for (int i = 0; i < grid.dimensions; i++) {
        sum += grid.level(point, i);
      }
      assertEquals(0, sum % 2, "point " + point);
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyPointIsItsOwnCell(Grid grid) {
    Neighbours neighbours = Neighbours.of(grid);
    byte[] levels = new byte[grid.dimensions];
    for (int point = 0; point < grid.points(); point++) {
      grid.levels(point, levels, 0);
      assertEquals(point, neighbours.point(neighbours.cell(levels, 0)));
    }
  }

  /// With the squared distance as costs, the cheapest neighbour is the first of the nearest points.
  @ParameterizedTest
  @EnumSource
  void theNearestPointIsANeighbour(Grid grid) {
    Neighbours neighbours = Neighbours.of(grid);
    Random random = new Random(5);
    byte[] levels = new byte[grid.dimensions];
    float[] costs = new float[grid.dimensions << grid.bits];
    int beside = 0;
    for (int sample = 0; sample < 2000; sample++) {
      for (int i = 0; i < levels.length; i++) {
        levels[i] = (byte) random.nextInt(grid.base);
        for (int level = 0; level < grid.base; level++) {
          costs[i << grid.bits | level] = (levels[i] - level) * (levels[i] - level);
        }
      }
      int cell = neighbours.cell(levels, 0);
      if (neighbours.point(cell) < 0) {
        beside++;
        assertEquals(nearest(grid, levels), neighbours.cheapest(cell, costs));
      }
    }
    assertFalse(beside < 500, "nearly all samples are points: " + beside);
  }

  private static int nearest(Grid grid, byte[] levels) {
    int nearest = -1;
    int least = Integer.MAX_VALUE;
    for (int point = 0; point < grid.points(); point++) {
      int distance = 0;
      for (int i = 0; i < levels.length; i++) {
        int difference = grid.level(point, i) - levels[i];
        distance += difference * difference;
      }
      if (distance < least) {
        least = distance;
        nearest = point;
      }
    }
    return nearest;
  }
}
