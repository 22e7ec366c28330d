package dev.zonda.verify.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.Models;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.ProgressListener;
import dev.zonda.testdata.SeededCheckpoint;
import dev.zonda.verify.kernels.KernelChoice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What an evaluation holds is what was planned for it, in every family: a part of a network that
/// keeps memory of its own has to be counted.
class PlannedMemoryTest {
  private static final int LENGTH = 21;
  private static final int SEQUENCES = 3;
  private static final int THREADS = 2;

  @TempDir private Path temp;

  @ParameterizedTest
  @MethodSource("dev.zonda.verify.evaluation.FamilyLogitsTest#families")
  void whatIsHeldWasPlanned(String name) throws IOException, IllegalAccessException {
    Path folder = temp.resolve(name);
    SeededCheckpoint.writeNetwork(name, folder);
    try (GgufModel model = Models.open(folder);
        Engine engine = new Engine(KernelChoice.best(), THREADS, 1 << 30)) {
      EvaluationPlan plan =
          EvaluationPlan.of(Workload.of(List.of(model), SEQUENCES, LENGTH), engine);
      Evaluator evaluator = new Evaluator(plan);
      evaluator.run(
          List.of(new int[LENGTH], new int[LENGTH], new int[LENGTH]),
          new Evaluator.Range(0, LENGTH),
          (_, _, _, _, _) -> {},
          ProgressListener.NONE);
      Batching batching = plan.batching();
      assertEquals(
          batching.heldBytes() + batching.activationBytes() + batching.logitBytes(),
          HeldArrays.bytes(evaluator, plan),
          batching::toString);
      long scratch = HeldArrays.bytes(engine.machine());
      assertTrue(scratch <= batching.scratchBytes(), () -> scratch + " of " + batching);
    }
  }
}
