package dev.zonda.verify;

import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.ProgressListener;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// How far a model's logits are from stored ones.
///
/// @param maxAbsDiff largest difference of a logit
/// @param meanAbsDiff mean difference over all logits
/// @param argmaxAgreement share of positions where both find the same token most probable, 0 to 1
public record GoldenLogits(double maxAbsDiff, double meanAbsDiff, double argmaxAgreement) {
  private static final ValueLayout.OfLong INT64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT32 =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// Evaluates a model on the stored input.
  ///
  /// @param golden holds `input_ids` (sequences, tokens) of I64 and `logits` (sequences, tokens,
  ///   vocabulary) of F32
  /// @throws FormatException if it does not, or the model is none that can be evaluated
  public static GoldenLogits compare(
      GgufModel model, Checkpoint golden, Engine engine, ProgressListener progress)
      throws IOException {
    Evaluator evaluator = new Evaluator(engine, List.of(model));
    int vocabulary = evaluator.decoders().getFirst().spec().vocabulary();
    TensorInfo ids = tensor(golden, "input_ids", TensorType.I64, 2);
    TensorInfo expected = tensor(golden, "logits", TensorType.F32, 3);
    int sequences = Math.toIntExact(ids.shape().dimension(0));
    int length = Math.toIntExact(ids.shape().dimension(1));
    long[] wanted = {sequences, length, vocabulary};
    if (!Arrays.equals(expected.shape().toArray(), wanted)) {
      throw FormatException.in(
          golden.path(),
          "tensor 'logits' has shape %s, expected %s of this model and input_ids"
              .formatted(expected.shape(), Arrays.toString(wanted)));
    }

    List<int[]> inputs = inputs(golden, ids, vocabulary);
    MemorySegment stored = golden.data(expected);
    double[] largest = new double[sequences * length];
    double[] sums = new double[sequences * length];
    boolean[] agrees = new boolean[sequences * length];
    evaluator.run(
        inputs,
        new Evaluator.Range(0, length),
        (sequence, position, logits, at, _) -> {
          int index = sequence * length + position;
          float[] row =
              stored
                  .asSlice((long) index * vocabulary * Float.BYTES, (long) vocabulary * Float.BYTES)
                  .toArray(FLOAT32);
          for (int token = 0; token < vocabulary; token++) {
            double difference = Math.abs((double) logits[0][at + token] - row[token]);
            // A difference that is no number stays one: Math.max keeps it.
            largest[index] = Math.max(largest[index], difference);
            sums[index] += difference;
          }
          agrees[index] =
              LogProbabilities.argmax(row, 0, vocabulary)
                  == LogProbabilities.argmax(logits[0], at, vocabulary);
        },
        progress);

    int agreeing = 0;
    for (boolean agree : agrees) {
      agreeing += agree ? 1 : 0;
    }
    return new GoldenLogits(
        Arrays.stream(largest).max().orElseThrow(),
        Estimate.mean(sums) / vocabulary,
        (double) agreeing / agrees.length);
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
          "tensor '%s' is %s of %s, expected %s of %d dimensions"
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
              "tensor 'input_ids' holds %d; the model has %d tokens".formatted(id, vocabulary));
        }
        input[i] = (int) id;
      }
      inputs.add(input);
    }
    return inputs;
  }
}
