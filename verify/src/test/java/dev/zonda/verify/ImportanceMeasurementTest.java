package dev.zonda.verify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.Models;
import dev.zonda.convert.tokenizers.Tokenizer;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.ProgressListener;
import dev.zonda.quantize.imatrix.ActivationSums;
import dev.zonda.quantize.imatrix.ActivationSums.Entry;
import dev.zonda.testdata.SeededCheckpoint;
import dev.zonda.testdata.TestData;
import dev.zonda.verify.ImportanceMeasurement.Scope;
import dev.zonda.verify.evaluation.Chunks;
import dev.zonda.verify.evaluation.Engine;
import dev.zonda.verify.evaluation.EvaluationPlan;
import dev.zonda.verify.forward.TokenBatch;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.kernels.Workers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImportanceMeasurementTest {
  private static final String REFERENCE = "models/shakespeare-mistral.reference/";

  /// Relative distance that llama-imatrix, which rounds activations to BF16, may have.
  private static final double TOLERANCE = 0.005;

  @TempDir private Path folder;

  @Test
  void matrixIsTheReferences() throws IOException {
    try (GgufModel model = Models.open(TestData.shakespeareMistral())) {
      ActivationSums found = assertTheReferences(model, REFERENCE + "imatrix.gguf");
      assertEquals(28, found.entries().size());
      assertEquals(90, found.chunks());
    }
  }

  /// Close calls of the router fall otherwise here and there, where the reference rounds.
  @Test
  void expertsAreTheReferences() throws IOException {
    Path checkpoint = folder.resolve("mixtral");
    SeededCheckpoint.writeNetwork("mixtral", checkpoint);
    try (GgufModel model = Models.open(checkpoint)) {
      ActivationSums found = assertTheReferences(model, "zoo/mixtral/imatrix.gguf");
      Entry experts = found.entries().get("blk.1.ffn_up_exps.weight");
      assertEquals(8, experts.counts().length);
      // Every token has two experts.
      assertEquals(
          2 * found.entries().get("blk.1.attn_q.weight").counts()[0],
          Arrays.stream(experts.counts()).sum());
    }
  }

  private static ActivationSums assertTheReferences(GgufModel model, String reference)
      throws IOException {
    ActivationSums expected = ActivationSums.read(TestData.path(reference), OptionalInt.empty());
    try (Engine engine = Engine.of(Runtime.getRuntime().availableProcessors())) {
      Tokenizer tokenizer = Tokenizer.of(model.metadata());
      int[] tokens =
          tokenizer.encodeDocument(Files.readString(TestData.path(REFERENCE + "calibration.txt")));
      Chunks chunks = Chunks.of(tokens, 256, tokenizer.beginning(), OptionalInt.empty());
      ActivationSums found = measure(model, chunks, "calibration.txt", Scope.LAYERS, engine);
      assertEquals(expected.entries().keySet(), found.entries().keySet());
      found
          .entries()
          .forEach((name, entry) -> {
            Entry theirs = expected.entries().get(name);
            for (int i = 0; i < theirs.counts().length; i++) {
              assertEquals(1, (double) entry.counts()[i] / theirs.counts()[i], 0.003, name);
            }
            assertTrue(distance(entry.sums(), theirs.sums()) < TOLERANCE, name);
          });
      return found;
    }
  }

  private static double distance(float[] found, float[] expected) {
    double differences = 0;
    double squares = 0;
    for (int i = 0; i < expected.length; i++) {
      differences += Math.pow((double) found[i] - expected[i], 2);
      squares += Math.pow(expected[i], 2);
    }
    return Math.sqrt(differences / squares);
  }

  /// To the bit.
  @Test
  void neitherThreadsNorBatchesMatter() throws IOException {
    ActivationSums one = measure(Scope.LAYERS_AND_OUTPUT, 1, 1);
    ActivationSums other = measure(Scope.LAYERS_AND_OUTPUT, 3, 1L << 30);
    assertEquals(15, one.entries().size());
    one.entries()
        .forEach((name, entry) -> {
          assertArrayEquals(entry.sums(), other.entries().get(name).sums(), name);
          assertArrayEquals(new long[] {200}, entry.counts(), name);
        });
    assertTrue(one.entries().containsKey("output.weight"));
    assertEquals(14, measure(Scope.LAYERS, 2, 1L << 30).entries().size());
  }

  private static ActivationSums measure(Scope scope, int threads, long budget) throws IOException {
    try (Engine engine = Engine.of(threads, budget)) {
      return measure(TinyModel.of(1), scope, engine);
    }
  }

  private static ActivationSums measure(TinyModel model, Scope scope, Engine engine)
      throws IOException {
    Chunks chunks = Chunks.of(TinyModel.tokens(200, 9), 40, TinyModel.BOS, OptionalInt.empty());
    return measure(model, chunks, "text", scope, engine);
  }

  private static ActivationSums measure(
      GgufModel model, Chunks chunks, String dataset, Scope scope, Engine engine)
      throws IOException {
    EvaluationPlan plan =
        EvaluationPlan.of(ImportanceMeasurement.workload(model, chunks, scope), engine);
    return ImportanceMeasurement.measure(plan, chunks, dataset, scope, ProgressListener.NONE);
  }

  @Test
  void damagedWeightsAreNamed() {
    TinyModel damaged = TinyModel.of(1);
    damaged.values("blk.0.ffn_down.weight")[3] = Float.NaN;
    try (Engine engine = Engine.of(1)) {
      FormatException e =
          assertThrows(FormatException.class, () -> measure(damaged, Scope.LAYERS, engine));
      assertEquals(
          "tiny.gguf: the activations before 'blk.1.attn_k.weight' are not finite numbers:"
              + " check whether weights are damaged",
          e.getMessage());
    }
  }

  /// Lanes without a token are left out; experts count their own tokens, the matrices of heads the
  /// same ones.
  @Test
  void expertsAndHeadsHaveTheirOwnColumns() throws IOException {
    int lanes = 4;
    Activations x = Activations.of(2, 2, lanes);
    for (int i = 0; i < x.values().length; i++) {
      x.values()[i] = i;
    }
    try (Workers workers = new Workers(2)) {
      ImportanceCollector collector = new ImportanceCollector(workers, Scope.LAYERS);
      collector.expertInput("blk.0.ffn_up_exps.weight", 2, 3, x, 5);
      collector.expertInput("blk.0.ffn_up_exps.weight", 0, 3, x, 1);
      TokenBatch batch = new TokenBatch(List.of(new int[5]), 0, lanes);
      collector.input("blk.0.attn_k_b.weight", 0, 2, batch, x);
      collector.input("blk.0.attn_k_b.weight", 1, 2, batch, x);
      collector.input("output.weight", batch, x);
      ActivationSums sums = collector.sums(TinyModel.of(1), "text", 5);
      assertEquals(2, sums.entries().size());
      Entry experts = sums.entries().get("blk.0.ffn_up_exps.weight");
      // The first feature is at 0 to 3 and 8 to 11, the second at 4 to 7 and 12 to 15.
      float first = 1 + 4 + 9 + 64;
      float second = 16 + 25 + 36 + 49 + 144;
      assertArrayEquals(new float[] {0, 16, 0, 0, first, second}, experts.sums());
      assertArrayEquals(new long[] {1, 0, 5}, experts.counts());
      Entry heads = sums.entries().get("blk.0.attn_k_b.weight");
      assertArrayEquals(new float[] {first, second, first, second}, heads.sums());
      assertArrayEquals(new long[] {5}, heads.counts());
    }
  }
}
