package dev.zonda.verify;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Shape;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.imatrix.ActivationSums;
import dev.zonda.verify.forward.ActivationObserver;
import dev.zonda.verify.forward.TokenBatch;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.kernels.Workers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;

/// Sums up the squares of the activations that each column of each weight tensor meets, in double
/// precision and in the order of the text.
final class ImportanceCollector implements ActivationObserver {
  /// Columns that one task sums up.
  private static final int COLUMNS_PER_TASK = 512;

  private final Workers workers;
  private final ImportanceMeasurement.Scope scope;
  private final SequencedMap<String, Accumulator> accumulators = new TreeMap<>();

  /// @param counts one for each expert, or one for all matrices
  @SuppressWarnings("ArrayRecordComponent") // Accumulators.
  private record Accumulator(double[] sums, long[] counts) {
    ActivationSums.Entry entry() {
      float[] values = new float[sums.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) sums[i];
      }
      return new ActivationSums.Entry(values, counts.clone());
    }
  }

  ImportanceCollector(Workers workers, ImportanceMeasurement.Scope scope) {
    this.workers = workers;
    this.scope = scope;
  }

  /// The sums of all activations that were observed.
  ///
  /// @throws FormatException if it is not finite
  ActivationSums sums(GgufModel model, String dataset, int chunkSize) throws FormatException {
    SequencedMap<String, ActivationSums.Entry> entries = new TreeMap<>();
    for (var named : accumulators.entrySet()) {
      if (!Arrays.stream(named.getValue().sums()).allMatch(sum -> sum <= Float.MAX_VALUE)) {
        throw FormatException.in(
            Path.of(model.name()),
            "the activations before '%s' are not finite numbers: check whether weights are damaged"
                .formatted(named.getKey()));
      }
      entries.put(named.getKey(), named.getValue().entry());
    }
    return new ActivationSums(entries, List.of(dataset), chunkSize);
  }

  /// Bytes of the sums of a model, at most: a number for each column of each matrix, and at last in
  /// single precision, too.
  static long bytes(GgufModel model, ImportanceMeasurement.Scope scope) {
    return model.tensors().stream()
        .filter(tensor -> tensor.shape().rank() > 1 && isMeasured(tensor.name(), scope))
        .mapToLong(tensor -> columns(tensor.shape()) * (Double.BYTES + Float.BYTES))
        .reduce(0, Math::addExact);
  }

  /// Zero for an empty tensor, which is refused when it is read.
  private static long columns(Shape shape) {
    return shape.elements() == 0 ? 0 : shape.elements() / shape.dimension(shape.rank() - 2);
  }

  private boolean isMeasured(String tensor) {
    return isMeasured(tensor, scope);
  }

  private static boolean isMeasured(String tensor, ImportanceMeasurement.Scope scope) {
    return tensor.startsWith("blk.")
        || (scope == ImportanceMeasurement.Scope.LAYERS_AND_OUTPUT
            && tensor.equals("output.weight"));
  }

  @Override
  public void input(String tensor, TokenBatch batch, Activations x) throws IOException {
    input(tensor, 0, 1, batch, x);
  }

  @Override
  public void input(String tensor, int matrix, int matrices, TokenBatch batch, Activations x)
      throws IOException {
    if (isMeasured(tensor)) {
      Accumulator accumulator = accumulator(tensor, matrices * x.features(), 1);
      addSquares(x, batch.strips(), batch::tokens, accumulator.sums(), matrix * x.features());
      // All matrices meet the same tokens, which count once.
      accumulator.counts()[0] += matrix == 0 ? batch.tokens() : 0;
    }
  }

  @Override
  public void expertInput(String tensor, int expert, int experts, Activations x, int tokens)
      throws IOException {
    if (isMeasured(tensor)) {
      Accumulator accumulator =
          accumulator(tensor, Math.multiplyExact(experts, x.features()), experts);
      int lanes = x.lanes();
      addSquares(
          x,
          Math.ceilDiv(tokens, lanes),
          strip -> Math.min(lanes, tokens - strip * lanes),
          accumulator.sums(),
          expert * x.features());
      accumulator.counts()[expert] += tokens;
    }
  }

  private Accumulator accumulator(String tensor, int sums, int counts) {
    return accumulators.computeIfAbsent(
        tensor, _ -> new Accumulator(new double[sums], new long[counts]));
  }

  /// Each column is one chain of additions over all tokens, whichever thread computes it.
  private void addSquares(Activations x, int strips, IntUnaryOperator tokens, double[] sums, int at)
      throws IOException {
    workers.run(
        Math.ceilDiv(x.features(), COLUMNS_PER_TASK),
        (task, _) -> {
          int first = task * COLUMNS_PER_TASK;
          int end = Math.min(first + COLUMNS_PER_TASK, x.features());
          for (int strip = 0; strip < strips; strip++) {
            int lanes = tokens.applyAsInt(strip);
            for (int column = first; column < end; column++) {
              int from = x.at(strip, column);
              double sum = sums[at + column];
              for (int i = from; i < from + lanes; i++) {
                sum += (double) x.values()[i] * x.values()[i];
              }
              sums[at + column] = sum;
            }
          }
        });
  }
}
