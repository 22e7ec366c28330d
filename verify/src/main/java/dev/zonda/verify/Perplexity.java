package dev.zonda.verify;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.ProgressListener;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

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
  /// @throws FormatException if it is none that can be evaluated, or gives logits that are not
  ///   finite
  public static Perplexity measure(
      GgufModel model, Chunks chunks, Engine engine, ProgressListener progress) throws IOException {
    Evaluator evaluator = new Evaluator(engine, List.of(model));
    int vocabulary = evaluator.decoders().getFirst().spec().vocabulary();
    LogProbabilities[] scratch = new LogProbabilities[engine.workers().count()];
    double[] losses = new double[chunks.scored()];
    chunks.requireTokensBelow(vocabulary, model);
    evaluator.run(
        chunks.inputs(),
        chunks.range(),
        (chunk, position, logits, at, worker) -> {
          if (scratch[worker] == null) {
            scratch[worker] = new LogProbabilities(engine.kernels(), vocabulary);
          }
          int target = chunks.target(chunk, position);
          double loss = scratch[worker].logSumExp(logits[0], at) - logits[0][at + target];
          losses[chunks.index(chunk, position)] = requireFinite(loss, model, chunk, position);
        },
        progress);
    return of(losses, chunks.count());
  }

  /// @param losses negative log-likelihood of each scored token
  static Perplexity of(double[] losses, int chunks) {
    Estimate loss = Estimate.ofMean(losses);
    double perplexity = StrictMath.exp(loss.value());
    return new Perplexity(perplexity, perplexity * loss.error(), losses.length, chunks);
  }

  static double requireFinite(double value, GgufModel model, int chunk, int position)
      throws FormatException {
    if (!Double.isFinite(value)) {
      throw FormatException.in(
          Path.of(model.name()),
          "gives logits that are no finite numbers (chunk %d, token %d): are weights damaged?"
              .formatted(chunk + 1, position));
    }
    return value;
  }
}
