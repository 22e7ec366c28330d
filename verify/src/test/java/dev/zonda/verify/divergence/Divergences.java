package dev.zonda.verify.divergence;

import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.ProgressListener;
import dev.zonda.verify.evaluation.Chunks;
import dev.zonda.verify.evaluation.Engine;
import dev.zonda.verify.evaluation.EvaluationPlan;
import java.io.IOException;
import java.util.List;

/// Comparisons, planned and run.
final class Divergences {
  private Divergences() {}

  static Comparison.Result run(Comparison comparison, Engine engine) throws IOException {
    return comparison.run(EvaluationPlan.of(comparison.workload(), engine), ProgressListener.NONE);
  }

  /// Without gates: evaluates the reference once and all candidates beside it, on the whole text.
  static List<Divergence> measure(
      GgufModel reference, List<GgufModel> candidates, Chunks chunks, Engine engine)
      throws IOException {
    Comparison comparison =
        Comparison.of(
            new ReferenceSide.Model(reference), candidates, chunks, ComparisonOptions.NONE);
    return run(comparison, engine).divergences();
  }
}
