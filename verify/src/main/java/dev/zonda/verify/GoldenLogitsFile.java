package dev.zonda.verify;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.formats.output.TensorFile;
import dev.zonda.formats.safetensors.SafetensorsLayout;
import dev.zonda.quantize.ProgressListener;
import dev.zonda.verify.evaluation.Chunks;
import dev.zonda.verify.evaluation.EvaluationPlan;
import dev.zonda.verify.evaluation.Evaluator;
import dev.zonda.verify.evaluation.LogProbabilities;
import dev.zonda.verify.evaluation.Workload;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/// Writes the logits of a model, against which [GoldenLogits] can check another file of it, a later
/// version of this program, or another program.
public final class GoldenLogitsFile {
  private GoldenLogitsFile() {}

  /// A summary of the file that was written.
  ///
  /// @param tokens of each sequence
  /// @param positions of each sequence whose logits are stored: the last ones
  public record Summary(String output, int sequences, int tokens, int positions, int vocabulary) {}

  /// Evaluates a model on the chunks of a text and writes a safetensors file with `input_ids` (I64:
  /// sequences, tokens) and `logits` (F32: sequences, positions, vocabulary), which appears whole
  /// or not at all.
  ///
  /// @param plan for a [#workload] on these chunks
  /// @param last how many of the last positions of each chunk to keep; all if empty
  /// @throws FormatException if the model cannot be evaluated, or gives logits that are not finite
  public static Summary write(
      EvaluationPlan plan,
      Chunks chunks,
      OptionalInt last,
      Path file,
      OverwritePolicy policy,
      ProgressListener progress)
      throws IOException {
    Evaluator evaluator = new Evaluator(plan);
    GgufModel model = plan.work().model();
    int vocabulary = plan.work().vocabulary();
    chunks.requireTokensBelow(vocabulary, model);
    int length = chunks.context();
    int kept = Math.min(length, last.orElse(length));
    SafetensorsLayout layout =
        SafetensorsLayout.plan(
            Metadata.empty(),
            List.of(
                new TensorSpec(GoldenLogits.IDS, TensorType.I64, Shape.of(chunks.count(), length)),
                new TensorSpec(
                    GoldenLogits.LOGITS,
                    TensorType.F32,
                    Shape.of(chunks.count(), kept, vocabulary))));
    try (TensorFile writer = TensorFile.create(file, layout, policy)) {
      TensorInfo ids = tensor(layout, GoldenLogits.IDS);
      TensorInfo logits = tensor(layout, GoldenLogits.LOGITS);
      for (int chunk = 0; chunk < chunks.count(); chunk++) {
        writer.write(
            ids,
            (long) chunk * length * Long.BYTES,
            MemorySegment.ofBuffer(longs(chunks.inputs().get(chunk))));
      }
      int first = length - kept;
      evaluator.run(
          chunks.inputs(),
          new Evaluator.Range(first, length),
          (sequence, position, row, at, _) -> {
            long index = (long) sequence * kept + position - first;
            ByteBuffer bytes =
                ByteBuffer.allocate(Math.multiplyExact(vocabulary, Float.BYTES))
                    .order(ByteOrder.LITTLE_ENDIAN);
            for (int token = 0; token < vocabulary; token++) {
              double value =
                  LogProbabilities.requireFinite(row[0][at + token], model, sequence, position);
              bytes.putFloat((float) value);
            }
            writer.write(
                logits, index * vocabulary * Float.BYTES, MemorySegment.ofBuffer(bytes.flip()));
          },
          progress);
      writer.commit();
    }
    return new Summary(file.toString(), chunks.count(), length, kept, vocabulary);
  }

  /// The work of writing such a file.
  ///
  /// @throws FormatException if the model cannot be evaluated
  public static Workload workload(GgufModel model, Chunks chunks) throws FormatException {
    Workload work = Workload.of(List.of(model), chunks.count(), chunks.context());
    return work.holding(new Workload.Held(0, 0, (long) work.vocabulary() * Float.BYTES));
  }

  private static TensorInfo tensor(SafetensorsLayout layout, String name) {
    return layout.tensors().stream()
        .filter(tensor -> tensor.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static ByteBuffer longs(int[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(values.length, Long.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (int value : values) {
      bytes.putLong(value);
    }
    return bytes.flip();
  }
}
