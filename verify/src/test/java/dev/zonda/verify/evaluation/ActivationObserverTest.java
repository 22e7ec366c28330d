package dev.zonda.verify.evaluation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.zonda.formats.TensorInfo;
import dev.zonda.quantize.ProgressListener;
import dev.zonda.verify.TinyModel;
import dev.zonda.verify.forward.ActivationObserver;
import dev.zonda.verify.forward.TokenBatch;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.kernels.KernelChoice;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ActivationObserverTest {
  private static final int LENGTH = 21;
  private static final List<int[]> SEQUENCES =
      List.of(
          TinyModel.tokens(LENGTH, 1), TinyModel.tokens(LENGTH, 2), TinyModel.tokens(LENGTH, 3));

  /// Keeps a copy of every token's features.
  private static final class Recorder implements ActivationObserver {
    private final Map<String, List<float[]>> rows = new TreeMap<>();
    private final List<Integer> firstSequences = new ArrayList<>();

    @Override
    public void input(String tensor, TokenBatch batch, Activations x) {
      keep(tensor, batch, x);
    }

    @Override
    public void layer(int layer, TokenBatch batch, Activations residual) {
      if (layer == 0) {
        firstSequences.add(batch.firstSequence());
      }
      keep("layer " + layer, batch, residual);
    }

    private void keep(String name, TokenBatch batch, Activations x) {
      List<float[]> all = rows.computeIfAbsent(name, _ -> new ArrayList<>());
      for (int strip = 0; strip < batch.strips(); strip++) {
        for (int lane = 0; lane < batch.tokens(strip); lane++) {
          float[] row = new float[x.features()];
          for (int f = 0; f < row.length; f++) {
            row[f] = x.values()[x.at(strip, f) + lane];
          }
          all.add(row);
        }
      }
    }
  }

  @Test
  void everyTokenIsShownOncePerTensorAndLayerInWhateverBatches() throws IOException {
    Recorder whole = record(1L << 30);
    Recorder single = record(1);
    assertEquals(List.of(0), whole.firstSequences);
    assertEquals(List.of(0, 1, 2), single.firstSequences);

    TreeSet<String> expected = new TreeSet<>();
    for (TensorInfo tensor : TinyModel.of(1).tensors()) {
      if (tensor.shape().rank() == 2 && !tensor.name().equals("token_embd.weight")) {
        expected.add(tensor.name());
      }
    }
    for (int layer = 0; layer < TinyModel.LAYERS; layer++) {
      expected.add("layer " + layer);
    }
    assertEquals(expected, whole.rows.keySet());
    whole.rows.forEach((name, rows) -> {
      assertEquals(3 * LENGTH, rows.size(), name);
      for (int i = 0; i < rows.size(); i++) {
        assertArrayEquals(rows.get(i), single.rows.get(name).get(i), name);
      }
    });
  }

  /// What is shown is what the matrix is multiplied with.
  @Test
  void logitsFollowFromTheInputOfTheOutputMatrix() throws IOException {
    Recorder recorder = new Recorder();
    TinyModel model = TinyModel.of(1);
    float[][] found = new float[LENGTH][TinyModel.VOCABULARY];
    try (Engine engine = new Engine(KernelChoice.best(), 2, 1L << 30)) {
      Evaluator evaluator =
          new Evaluator(EvaluationPlan.of(Workload.of(List.of(model), 1, LENGTH), engine));
      evaluator.observe(0, recorder);
      evaluator.run(
          SEQUENCES.subList(0, 1),
          new Evaluator.Range(0, LENGTH),
          (_, position, logits, at, _) ->
              System.arraycopy(logits[0], at, found[position], 0, TinyModel.VOCABULARY),
          ProgressListener.NONE);
    }
    for (int position = 0; position < LENGTH; position++) {
      float[] input = recorder.rows.get("output.weight").get(position);
      for (int token = 0; token < TinyModel.VOCABULARY; token++) {
        double expected = 0;
        for (int f = 0; f < TinyModel.HIDDEN; f++) {
          expected +=
              (double) input[f] * model.values("output.weight")[token * TinyModel.HIDDEN + f];
        }
        assertEquals(expected, found[position][token], 1e-4);
      }
    }
  }

  private static Recorder record(long budget) throws IOException {
    Recorder recorder = new Recorder();
    try (Engine engine = new Engine(KernelChoice.best(), 2, budget)) {
      Evaluator evaluator =
          new Evaluator(
              EvaluationPlan.of(
                  Workload.of(List.of(TinyModel.of(1)), SEQUENCES.size(), LENGTH), engine));
      evaluator.observe(0, recorder);
      evaluator.run(
          SEQUENCES, new Evaluator.Range(0, 0), (_, _, _, _, _) -> {}, ProgressListener.NONE);
    }
    return recorder;
  }
}
