package dev.zonda.verify.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.verify.TinyModel;
import dev.zonda.verify.kernels.KernelChoice;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchingTest {
  private static final int SEQUENCES = 100;
  private static final int LENGTH = 64;

  @ParameterizedTest
  @ValueSource(longs = {2 << 20, 3 << 20, 10 << 20, 1L << 30})
  void batchesStayWithinTheMemory(long memory) throws IOException {
    Batching plan = plan(memory, 1);
    assertTrue(plan.leastBytes() <= memory, plan::toString);
    assertTrue(plan.bytes() <= memory, plan::toString);
    assertEquals(Math.ceilDiv(SEQUENCES, plan.sequencesPerBatch()), plan.batches());
  }

  @Test
  void moreMemoryMakesLargerBatchesUntilThereIsOne() throws IOException {
    assertEquals(1, plan(1L << 30, 1).batches());
    assertTrue(plan(2 << 20, 1).batches() > plan(8 << 20, 1).batches());
    assertTrue(plan(4 << 20, 2).batches() > plan(4 << 20, 1).batches());
  }

  @Test
  void oneSequenceIsTheLeast() throws IOException {
    Batching plan = plan(1, 1);
    assertEquals(1, plan.sequencesPerBatch());
    assertEquals(1, plan.logitStrips());
    assertEquals(plan.leastBytes(), plan.bytes());
  }

  /// Each thread has a panel of floats and as many rows in their blocks: here of the longest
  /// tensor, whose rows are fewer.
  @Test
  void threadsTakeTheirScratch() throws IOException {
    Workload work = work(1);
    long rows =
        4L * TinyModel.of(1).tensors().stream().mapToLong(t -> t.bytes()).max().orElseThrow();
    try (Engine one = new Engine(KernelChoice.best(), 1, 1 << 24);
        Engine three = new Engine(KernelChoice.best(), 3, 1 << 24)) {
      long scratch = Batching.of(work, one).scratchBytes();
      assertEquals(3 * scratch, Batching.of(work, three).scratchBytes());
      assertTrue(scratch > 192 * 256 * Float.BYTES, "less than a panel");
      assertTrue(scratch < 192 * 512 * Float.BYTES + rows, "more than panel, rows and scores");
    }
  }

  /// What a measurement holds is taken off what batches may have.
  @Test
  void whatIsHeldCounts() throws IOException {
    int memory = 16 << 20;
    Workload.Held held = new Workload.Held(5 << 20, 1000, 0);
    try (Engine engine = new Engine(KernelChoice.best(), 2, memory)) {
      Batching without = Batching.of(work(1), engine);
      Batching with = Batching.of(work(1).holding(held), engine);
      assertEquals(held.bytes(), with.heldBytes() - without.heldBytes());
      assertEquals(held.bytes() + 1000, with.leastBytes() - without.leastBytes());
      assertTrue(with.sequencesPerBatch() < without.sequencesPerBatch());
      assertTrue(with.bytes() <= memory);
    }
  }

  /// No batch has chunks of two runs.
  @Test
  void runsAreBatchesOfTheirOwn() throws IOException {
    try (Engine engine = new Engine(KernelChoice.best(), 2, 1 << 30)) {
      assertEquals(3, Batching.of(work(1).in(List.of(8, 8, 84)), engine).batches());
    }
  }

  private static Workload work(int models) throws IOException {
    return Workload.of(Collections.nCopies(models, (GgufModel) TinyModel.of(1)), SEQUENCES, LENGTH);
  }

  private static Batching plan(long memory, int models) throws IOException {
    try (Engine engine = new Engine(KernelChoice.best(), 2, memory)) {
      return Batching.of(work(models), engine);
    }
  }
}
