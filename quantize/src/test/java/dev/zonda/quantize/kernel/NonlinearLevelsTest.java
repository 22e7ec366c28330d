package dev.zonda.quantize.kernel;

import static dev.zonda.quantize.levels.NonlinearLevels.LEVELS;
import static dev.zonda.quantize.levels.NonlinearLevels.LOWEST;
import static dev.zonda.quantize.levels.NonlinearLevels.THRESHOLDS;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.quantize.levels.NonlinearLevels;
import dev.zonda.quantize.levels.NonlinearSearch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("vector")
class NonlinearLevelsTest {
  @Test
  void thresholdsAreWhereTheNearestLevelChanges() {
    for (int k = 0; k < THRESHOLDS.length; k++) {
      float threshold = THRESHOLDS[k];
      assertEquals(k + 1, NonlinearLevels.nearest(threshold));
      assertEquals(k, NonlinearLevels.nearest(Math.nextDown(threshold)));
      assertTrue(LEVELS[k] < threshold && threshold < LEVELS[k + 1]);
    }
    assertEquals(15, NonlinearLevels.nearest(Float.NaN));
  }

  /// What the vector search relies on: its flattest and steepest mapping differ by less than any
  /// two neighbouring thresholds on the same side of zero.
  @Test
  void noValuePassesTwoThresholdsFromOneMappingToAnother() {
    float ratio = (LOWEST - NonlinearSearch.TRIES) / (float) (LOWEST + NonlinearSearch.TRIES);
    for (int k = 1; k < THRESHOLDS.length; k++) {
      float nearer = Math.min(Math.abs(THRESHOLDS[k]), Math.abs(THRESHOLDS[k - 1]));
      float farther = Math.max(Math.abs(THRESHOLDS[k]), Math.abs(THRESHOLDS[k - 1]));
      boolean sameSide = THRESHOLDS[k] > 0 == THRESHOLDS[k - 1] > 0;
      assertTrue(!sameSide || farther > 1.01f * ratio * nearer, "threshold " + k);
    }
  }

  @Test
  public void searchesAgreeOnAnyNumberOfGroups() {
    for (int groups = 1; groups < 40; groups++) {
      for (Samples samples : Samples.values()) {
        float[] x = samples.values(groups * NonlinearSearch.GROUP, groups);
        float[] weights = Samples.POSITIVE.values(x.length, groups);
        float[] expected = new float[groups + 16];
        float[] actual = new float[groups + 16];
        new NonlinearSearch().fit(x, 0, weights, groups, expected);
        new LaneNonlinearSearch().fit(x, 0, weights, groups, actual);
        for (int group = 0; group < groups; group++) {
          assertEquals(expected[group], actual[group], samples.name());
        }
      }
    }
  }

  @Test
  void packsEveryLevelWhereItBelongs() {
    for (Samples samples : Samples.values()) {
      float[] x = samples.values(NonlinearSearch.GROUP, 5);
      for (float inverse : new float[] {1, -1, 40, 1e20f, Float.POSITIVE_INFINITY, Float.NaN}) {
        byte[] expected = new byte[16];
        byte[] actual = new byte[16];
        NonlinearLevels.pack(x, 0, inverse, expected, 0);
        new VectorKernels().packNonlinear(x, 0, inverse, actual, 0);
        assertArrayEquals(expected, actual, samples.name());
      }
    }
  }
}
