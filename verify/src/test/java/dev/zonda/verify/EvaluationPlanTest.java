package dev.zonda.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.checkpoint.Checkpoints;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.ProgressListener;
import dev.zonda.verify.ImportanceMeasurement.Scope;
import dev.zonda.verify.divergence.Comparison;
import dev.zonda.verify.divergence.ComparisonOptions;
import dev.zonda.verify.divergence.ReferenceSide;
import dev.zonda.verify.evaluation.Batching;
import dev.zonda.verify.evaluation.Chunks;
import dev.zonda.verify.evaluation.Engine;
import dev.zonda.verify.evaluation.EvaluationPlan;
import dev.zonda.verify.evaluation.Workload;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What was planned is what runs: no measurement makes a plan of its own, or describes a model's
/// network again.
class EvaluationPlanTest {
  private static final int CHUNKS = 6;
  private static final int CONTEXT = 20;
  private static final Chunks TEXT = text(CHUNKS);

  @TempDir private Path folder;

  enum Measured {
    PERPLEXITY,
    IMPORTANCE,
    GOLDEN_LOGITS,
    LOGITS_TO_KEEP,
    DIVERGENCE
  }

  /// Something that was planned.
  @FunctionalInterface
  private interface Measurement {
    void run(EvaluationPlan plan, ProgressListener progress) throws IOException;
  }

  private record Planned(Workload work, Measurement measurement) {}

  /// A model whose metadata are read for planning only.
  private static final class Guarded implements GgufModel {
    private final TinyModel model = TinyModel.of(1);
    private boolean isPlanned;

    @Override
    public String name() {
      return model.name();
    }

    @Override
    public Metadata metadata() {
      assertTrue(!isPlanned, "the model is described again");
      return model.metadata();
    }

    @Override
    public List<TensorInfo> tensors() {
      return model.tensors();
    }

    @Override
    public Optional<TensorInfo> find(String tensor) {
      return model.find(tensor);
    }

    @Override
    public MemorySegment rows(TensorInfo tensor, long first, long count, MemorySegment scratch) {
      return model.rows(tensor, first, count, scratch);
    }

    @Override
    public void close() {}
  }

  private static Chunks text(int chunks) {
    return Chunks.of(
        TinyModel.tokens(chunks * CONTEXT, 3), CONTEXT, TinyModel.BOS, OptionalInt.empty());
  }

  private Planned planned(Measured measured, GgufModel model, Checkpoint golden)
      throws IOException {
    return switch (measured) {
      case PERPLEXITY ->
          new Planned(
              Perplexity.workload(model, TEXT),
              (plan, progress) -> Perplexity.measure(plan, TEXT, progress));
      case IMPORTANCE ->
          new Planned(
              ImportanceMeasurement.workload(model, TEXT, Scope.LAYERS),
              (plan, progress) ->
                  ImportanceMeasurement.measure(plan, TEXT, "text", Scope.LAYERS, progress));
      case GOLDEN_LOGITS ->
          new Planned(
              GoldenLogits.workload(model, golden),
              (plan, progress) ->
                  GoldenLogits.compare(plan, golden, GoldenLogits.LONG_FROM, progress));
      case LOGITS_TO_KEEP ->
          new Planned(
              GoldenLogitsFile.workload(model, TEXT),
              (plan, progress) -> keep(plan, folder.resolve("kept.safetensors"), progress));
      case DIVERGENCE -> {
        Comparison comparison =
            Comparison.of(
                new ReferenceSide.Model(model), List.of(model), TEXT, ComparisonOptions.NONE);
        yield new Planned(comparison.workload(), comparison::run);
      }
    };
  }

  private static void keep(EvaluationPlan plan, Path file, ProgressListener progress)
      throws IOException {
    GoldenLogitsFile.Summary _ =
        GoldenLogitsFile.write(
            plan, TEXT, OptionalInt.empty(), file, OverwritePolicy.REPLACE, progress);
  }

  private Path golden(Engine engine) throws IOException {
    Path file = folder.resolve("golden.safetensors");
    Workload work = GoldenLogitsFile.workload(TinyModel.of(1), TEXT);
    keep(EvaluationPlan.of(work, engine), file, ProgressListener.NONE);
    return file;
  }

  /// Counts batches: a model tells of every layer of each.
  private static final class Batches implements ProgressListener {
    private int layers;

    @Override
    public void started(String name, long units, String unit) {}

    @Override
    public void advanced(long units) {
      layers++;
    }

    @Override
    public void finished() {}

    int count(Workload work) {
      return layers / work.models().size() / TinyModel.LAYERS;
    }
  }

  @ParameterizedTest
  @EnumSource
  void thePlanThatIsGivenRuns(Measured measured) throws IOException {
    try (Engine engine = Engine.of(2);
        Checkpoint golden = Checkpoints.open(golden(engine))) {
      Guarded model = new Guarded();
      Planned planned = planned(measured, model, golden);
      EvaluationPlan plan = EvaluationPlan.of(planned.work(), engine);
      model.isPlanned = true;
      assertEquals(1, plan.batching().batches());
      assertEquals(1, batches(plan, planned));
      assertEquals(
          CHUNKS / 2, batches(new EvaluationPlan(plan.work(), engine, inPairs(plan)), planned));
    }
  }

  private static int batches(EvaluationPlan plan, Planned planned) throws IOException {
    Batches batches = new Batches();
    planned.measurement().run(plan, batches);
    return batches.count(plan.work());
  }

  /// Other batches than those that the engine's memory allows.
  private static Batching inPairs(EvaluationPlan plan) {
    Batching batching = plan.batching();
    return new Batching(
        2,
        CHUNKS / 2,
        batching.logitStrips(),
        batching.activationBytes(),
        batching.logitBytes(),
        batching.scratchBytes(),
        batching.heldBytes(),
        batching.leastBytes());
  }

  /// One that was made for a shorter text would take more memory than it says.
  @Test
  void plansForOtherWorkAreRefused() throws IOException {
    TinyModel model = TinyModel.of(1);
    try (Engine engine = Engine.of(1)) {
      EvaluationPlan other = EvaluationPlan.of(Perplexity.workload(model, text(2)), engine);
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class,
              () -> Perplexity.measure(other, TEXT, ProgressListener.NONE));
      assertEquals("6 sequences in a plan for runs of [2] with 20 tokens each", e.getMessage());
      Comparison comparison =
          Comparison.of(
              new ReferenceSide.Model(model), List.of(model), TEXT, ComparisonOptions.NONE);
      assertThrows(
          IllegalArgumentException.class, () -> comparison.run(other, ProgressListener.NONE));
    }
  }
}
