package dev.zonda.verify;

import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.ProgressListener;
import dev.zonda.verify.evaluation.Chunks;
import dev.zonda.verify.evaluation.Engine;
import dev.zonda.verify.evaluation.EvaluationPlan;
import java.io.IOException;

/// Measurements, planned and run.
public final class Measurements {
  private Measurements() {}

  public static Perplexity perplexity(GgufModel model, Chunks chunks, Engine engine)
      throws IOException {
    EvaluationPlan plan = EvaluationPlan.of(Perplexity.workload(model, chunks), engine);
    return Perplexity.measure(plan, chunks, ProgressListener.NONE);
  }

  static GoldenLogits golden(GgufModel model, Checkpoint golden, Engine engine) throws IOException {
    EvaluationPlan plan = EvaluationPlan.of(GoldenLogits.workload(model, golden), engine);
    return GoldenLogits.compare(plan, golden, GoldenLogits.LONG_FROM, ProgressListener.NONE);
  }
}
