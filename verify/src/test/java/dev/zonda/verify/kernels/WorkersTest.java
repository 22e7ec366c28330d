package dev.zonda.verify.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkersTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void everyTaskRunsOnce(int threads) throws IOException {
    try (Workers workers = new Workers(threads)) {
      for (int tasks : new int[] {0, 1, 2, 100}) {
        AtomicIntegerArray runs = new AtomicIntegerArray(tasks);
        workers.run(
            tasks,
            (task, worker) -> {
              assertTrue(worker >= 0 && worker < threads);
              runs.incrementAndGet(task);
            });
        for (int task = 0; task < tasks; task++) {
          assertEquals(1, runs.get(task));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void aFailureIsHandedOnAndStopsTheRest(int threads) {
    try (Workers workers = new Workers(threads)) {
      AtomicInteger runs = new AtomicInteger();
      IOException failure =
          assertThrows(
              IOException.class,
              () ->
                  workers.run(
                      1_000_000,
                      (task, _) -> {
                        runs.incrementAndGet();
                        if (task == 10) {
                          throw new IOException("task 10");
                        }
                      }));
      assertEquals("task 10", failure.getMessage());
      assertTrue(runs.get() < 1_000_000);
    }
  }

  @Test
  void needsAThread() {
    assertThrows(IllegalArgumentException.class, () -> new Workers(0));
  }
}
