package dev.zonda.verify;

import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.ProgressListener;
import dev.zonda.verify.evaluation.EvaluationPlan;
import dev.zonda.verify.evaluation.Evaluator;
import dev.zonda.verify.evaluation.LogProbabilities;
import dev.zonda.verify.evaluation.Workload;
import dev.zonda.verify.statistics.Estimate;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// How far a model's logits are from stored ones.
///
/// @param maxAbsDiff largest difference of a logit
/// @param meanAbsDiff mean difference over all logits
/// @param argmaxAgreement share of positions where both find the same token most probable, 0 to 1
/// @param shortPositions the same for the positions before the first long one, if there are any
/// @param longPositions the same for the others, where errors of rotation and of windows show
public record GoldenLogits(
    double maxAbsDiff,
    double meanAbsDiff,
    double argmaxAgreement,
    Optional<Part> shortPositions,
    Optional<Part> longPositions) {
  /// The first position that counts as long, unless another is given.
  public static final int LONG_FROM = 1024;

  static final String IDS = "input_ids";
  static final String LOGITS = "logits";

  private static final ValueLayout.OfLong INT64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT32 =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// Some of the positions.
  ///
  /// @param positions how many they are, in all sequences
  public record Part(
      int positions, double maxAbsDiff, double meanAbsDiff, double argmaxAgreement) {}

  /// Evaluates a model on the stored input.
  ///
  /// @param plan for a [#workload] on this file
  /// @param golden holds `input_ids` (sequences, tokens) of I64 and `logits` (sequences, positions,
  ///   vocabulary) of F32, of all positions or of the last ones
  /// @param longFrom the first position that counts as long, such as [#LONG_FROM]
  /// @throws FormatException if it does not, or if the model cannot be evaluated
  public static GoldenLogits compare(
      EvaluationPlan plan, Checkpoint golden, int longFrom, ProgressListener progress)
      throws IOException {
    Evaluator evaluator = new Evaluator(plan);
    int vocabulary = plan.work().vocabulary();
    TensorInfo ids = tensor(golden, IDS, TensorType.I64, 2);
    TensorInfo expected = tensor(golden, LOGITS, TensorType.F32, 3);
    int sequences = Math.toIntExact(ids.shape().dimension(0));
    int length = Math.toIntExact(ids.shape().dimension(1));
    int kept = (int) Math.min(length, expected.shape().dimension(1));
    long[] wanted = {sequences, kept, vocabulary};
    if (!Arrays.equals(expected.shape().toArray(), wanted)) {
      throw FormatException.in(
          golden.path(),
          "tensor 'logits' has shape %s, expected %s for this model and these input_ids"
              .formatted(expected.shape(), Arrays.toString(wanted)));
    }

    List<int[]> inputs = inputs(golden, ids, vocabulary);
    MemorySegment stored = golden.data(expected);
    int first = length - kept;
    Differences differences = new Differences(sequences, first, length);
    evaluator.run(
        inputs,
        new Evaluator.Range(first, length),
        (sequence, position, logits, at, _) -> {
          long index = (long) sequence * kept + position - first;
          float[] row =
              stored
                  .asSlice(index * vocabulary * Float.BYTES, (long) vocabulary * Float.BYTES)
                  .toArray(FLOAT32);
          differences.compare((int) index, row, logits[0], at);
        },
        progress);

    Part all = differences.part(0, length).orElseThrow();
    return new GoldenLogits(
        all.maxAbsDiff(),
        all.meanAbsDiff(),
        all.argmaxAgreement(),
        differences.part(0, Math.min(longFrom, length)),
        differences.part(longFrom, length));
  }

  /// The work of such a comparison.
  ///
  /// @throws FormatException if the file holds no input, or the model cannot be evaluated
  public static Workload workload(GgufModel model, Checkpoint golden) throws FormatException {
    Shape ids = tensor(golden, IDS, TensorType.I64, 2).shape();
    int sequences = Math.toIntExact(ids.dimension(0));
    Workload work = Workload.of(List.of(model), sequences, Math.toIntExact(ids.dimension(1)));
    long perPosition = Integer.BYTES + Differences.BYTES_PER_POSITION;
    return work.holding(
        new Workload.Held(ids.elements() * perPosition, 0, (long) work.vocabulary() * Float.BYTES));
  }

  /// The differences at every position.
  private static final class Differences {
    static final int BYTES_PER_POSITION = 3 * Double.BYTES;

    private final int sequences;
    private final int first;
    private final int kept;
    private final double[] largest;
    private final double[] means;
    private final double[] agrees;

    /// @param first position whose logits are compared
    Differences(int sequences, int first, int length) {
      this.sequences = sequences;
      this.first = first;
      this.kept = length - first;
      int positions = Math.multiplyExact(sequences, kept);
      this.largest = new double[positions];
      this.means = new double[positions];
      this.agrees = new double[positions];
    }

    void compare(int index, float[] expected, float[] found, int at) {
      double sum = 0;
      for (int token = 0; token < expected.length; token++) {
        double difference = Math.abs((double) found[at + token] - expected[token]);
        // NaN stays NaN: Math.max keeps it.
        largest[index] = Math.max(largest[index], difference);
        sum += difference;
      }
      means[index] = sum / expected.length;
      boolean same =
          LogProbabilities.argmax(expected, 0, expected.length)
              == LogProbabilities.argmax(found, at, expected.length);
      agrees[index] = same ? 1 : 0;
    }

    /// @param from first position in its sequence
    /// @param to the position after the last
    Optional<Part> part(int from, int to) {
      int start = Math.max(from, first) - first;
      int end = to - first;
      if (start >= end) {
        return Optional.empty();
      }
      double[] maximum = values(largest, start, end);
      return Optional.of(
          new Part(
              maximum.length,
              Arrays.stream(maximum).max().orElseThrow(),
              Estimate.mean(values(means, start, end)),
              Estimate.mean(values(agrees, start, end))));
    }

    private double[] values(double[] all, int start, int end) {
      double[] some = new double[sequences * (end - start)];
      for (int sequence = 0; sequence < sequences; sequence++) {
        System.arraycopy(all, sequence * kept + start, some, sequence * (end - start), end - start);
      }
      return some;
    }
  }

  private static TensorInfo tensor(Checkpoint golden, String name, TensorType type, int rank)
      throws FormatException {
    TensorInfo tensor =
        golden
            .find(name)
            .orElseThrow(() -> FormatException.in(golden.path(), "has no tensor '" + name + "'"));
    if (tensor.type() != type
        || tensor.shape().rank() != rank
        || tensor.shape().elements() < 1
        || tensor.shape().elements() > Integer.MAX_VALUE) {
      throw FormatException.in(
          golden.path(),
          "tensor '%s' has type %s and shape %s, expected type %s and %d dimensions"
              .formatted(name, tensor.type(), tensor.shape(), type, rank));
    }
    return tensor;
  }

  private static List<int[]> inputs(Checkpoint golden, TensorInfo ids, int vocabulary)
      throws FormatException {
    MemorySegment data = golden.data(ids);
    int length = (int) ids.shape().rowLength();
    List<int[]> inputs = new ArrayList<>();
    for (long sequence = 0; sequence < ids.shape().rows(); sequence++) {
      int[] input = new int[length];
      for (int i = 0; i < length; i++) {
        long id = data.getAtIndex(INT64, sequence * length + i);
        if (id < 0 || id >= vocabulary) {
          throw FormatException.in(
              golden.path(),
              "tensor 'input_ids' holds token %d, but the model has only %d tokens"
                  .formatted(id, vocabulary));
        }
        input[i] = (int) id;
      }
      inputs.add(input);
    }
    return inputs;
  }
}
