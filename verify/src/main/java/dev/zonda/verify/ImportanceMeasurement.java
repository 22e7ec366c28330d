package dev.zonda.verify;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.ProgressListener;
import dev.zonda.quantize.imatrix.ActivationSums;
import dev.zonda.verify.evaluation.Chunks;
import dev.zonda.verify.evaluation.EvaluationPlan;
import dev.zonda.verify.evaluation.Evaluator;
import dev.zonda.verify.evaluation.Workload;
import java.io.IOException;
import java.util.List;

/// Measures what an importance matrix is made of: the activations that the columns of each weight
/// tensor meet on a text.
public final class ImportanceMeasurement {
  /// Which tensors are measured.
  public enum Scope {
    /// The tensors of the layers.
    LAYERS,
    /// The output matrix, too.
    LAYERS_AND_OUTPUT
  }

  private ImportanceMeasurement() {}

  /// Evaluates a model and sums up its activations.
  ///
  /// @param plan for a [#workload] on these chunks
  /// @param dataset what the text is called
  /// @throws FormatException if the model cannot be evaluated, or its activations are not finite
  public static ActivationSums measure(
      EvaluationPlan plan, Chunks chunks, String dataset, Scope scope, ProgressListener progress)
      throws IOException {
    Evaluator evaluator = new Evaluator(plan);
    GgufModel model = plan.work().model();
    chunks.requireTokensBelow(plan.work().vocabulary(), model);
    ImportanceCollector collector = new ImportanceCollector(plan.engine().workers(), scope);
    evaluator.observe(0, collector);
    evaluator.run(chunks.inputs(), new Evaluator.Range(0, 0), (_, _, _, _, _) -> {}, progress);
    return collector.sums(model, dataset, chunks.context());
  }

  /// The work of such a measurement.
  ///
  /// @throws FormatException if the model cannot be evaluated
  public static Workload workload(GgufModel model, Chunks chunks, Scope scope)
      throws FormatException {
    return Workload.of(List.of(model), chunks.count(), chunks.context())
        .holding(new Workload.Held(ImportanceCollector.bytes(model, scope), 0, 0));
  }
}
