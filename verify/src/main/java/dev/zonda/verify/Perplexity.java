package dev.zonda.verify;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.ProgressListener;
import dev.zonda.verify.divergence.StoredLogitsWriter;
import dev.zonda.verify.evaluation.Chunks;
import dev.zonda.verify.evaluation.Engine;
import dev.zonda.verify.evaluation.EvaluationPlan;
import dev.zonda.verify.evaluation.Evaluator;
import dev.zonda.verify.evaluation.LogProbabilities;
import dev.zonda.verify.evaluation.Workload;
import dev.zonda.verify.statistics.Estimate;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// How well a model predicts a text: `exp` of the mean negative log-likelihood of the scored
/// tokens.
///
/// @param perplexity the value
/// @param error its standard error
/// @param tokens that were scored
/// @param chunks that were evaluated
public record Perplexity(double perplexity, double error, int tokens, int chunks) {

  /// Evaluates a model.
  ///
  /// @param plan for a [#workload] on these chunks
  /// @throws FormatException if the model cannot be evaluated, or gives logits that are not finite
  public static Perplexity measure(EvaluationPlan plan, Chunks chunks, ProgressListener progress)
      throws IOException {
    return measure(plan, chunks, Optional.empty(), progress);
  }

  /// Evaluates a model.
  ///
  /// @param plan for a [#workload] on these chunks
  /// @param store what to keep the logits in; not committed here
  /// @throws FormatException if the model cannot be evaluated, or gives logits that are not finite
  public static Perplexity measure(
      EvaluationPlan plan,
      Chunks chunks,
      Optional<StoredLogitsWriter> store,
      ProgressListener progress)
      throws IOException {
    Evaluator evaluator = new Evaluator(plan);
    Engine engine = plan.engine();
    GgufModel model = plan.work().model();
    int vocabulary = plan.work().vocabulary();
    LogProbabilities[] scratch = new LogProbabilities[engine.workers().count()];
    double[] losses = new double[chunks.scored()];
    chunks.requireTokensBelow(vocabulary, model);
    if (store.isPresent()) {
      store.get().begin(vocabulary);
    }
    evaluator.run(
        chunks.inputs(),
        chunks.range(),
        (chunk, position, logits, at, worker) -> {
          if (scratch[worker] == null) {
            scratch[worker] = new LogProbabilities(engine.kernels(), vocabulary);
          }
          int target = chunks.target(chunk, position);
          double loss = scratch[worker].logSumExp(logits[0], at) - logits[0][at + target];
          int index = chunks.index(chunk, position);
          losses[index] = LogProbabilities.requireFinite(loss, model, chunk, position);
          if (store.isPresent()) {
            store.get().row(index, engine.kernels(), logits[0], at);
          }
        },
        progress);
    return of(losses, chunks.count());
  }

  /// The work of such a measurement.
  ///
  /// @throws FormatException if the model cannot be evaluated, or sees the tokens that it would
  ///   have to predict
  public static Workload workload(GgufModel model, Chunks chunks) throws FormatException {
    Workload work = Workload.of(List.of(model), chunks.count(), chunks.context());
    if (work.networks().getFirst().seesLaterTokens()) {
      throw FormatException.in(
          Path.of(model.name()),
          "each token sees the whole text, also the token after it: its perplexity says nothing;"
              + " 'zonda compare' measures how far a candidate is from a model");
    }
    // Each thread holds the exponentials of a position, and also in 16 bits those that are stored.
    long perThread = (long) work.vocabulary() * (2 * Float.BYTES + Short.BYTES);
    long losses = (long) chunks.scored() * Double.BYTES;
    return work.holding(new Workload.Held(losses, 0, perThread));
  }

  /// @param losses negative log-likelihood of each scored token
  static Perplexity of(double[] losses, int chunks) {
    Estimate loss = Estimate.ofMean(losses);
    double perplexity = StrictMath.exp(loss.value());
    return new Perplexity(perplexity, perplexity * loss.error(), losses.length, chunks);
  }
}
