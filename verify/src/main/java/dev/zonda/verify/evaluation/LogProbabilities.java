package dev.zonda.verify.evaluation;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.verify.kernels.Kernels;
import java.nio.file.Path;

/// Softmax statistics of one position's logits. Exponentials are single precision (their relative
/// error is below 1e-7), everything that is summed is double.
public final class LogProbabilities {
  private final Kernels kernels;
  private final float[] exponentials;
  private double sum;

  /// @param vocabulary number of logits
  public LogProbabilities(Kernels kernels, int vocabulary) {
    this.kernels = kernels;
    this.exponentials = new float[vocabulary];
  }

  /// Takes in the logits of a position.
  ///
  /// @return the logarithm of the sum of their exponentials; not finite if a logit is NaN or
  ///   positive infinity
  public double logSumExp(float[] logits, int at) {
    float max = logits[at + argmax(logits, at, exponentials.length)];
    kernels.exp(logits, at, max, exponentials, 0, exponentials.length);
    // Four sums that do not wait for each other.
    double[] sums = new double[4];
    for (int i = 0; i < exponentials.length; i++) {
      sums[i & 3] += exponentials[i];
    }
    sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    return max + StrictMath.log(sum);
  }

  /// Takes in log-probabilities that were stored for a position, as they are.
  ///
  /// @param cutoff at which and below which tokens count as impossible
  /// @return what all probabilities add up to, those at the cutoff and below included
  public double stored(float[] logProbabilities, float cutoff) {
    kernels.exp(logProbabilities, 0, 0, exponentials, 0, exponentials.length);
    double all = 0;
    for (int i = 0; i < exponentials.length; i++) {
      all += exponentials[i];
      exponentials[i] = logProbabilities[i] > cutoff ? exponentials[i] : 0;
    }
    sum = 1;
    return all;
  }

  /// Probability of a token at the position that was taken in last.
  public double probability(int token) {
    return exponentials[token] / sum;
  }

  /// The first of the tokens with the largest logit.
  public static int argmax(float[] logits, int at, int count) {
    int best = 0;
    for (int i = 1; i < count; i++) {
      if (logits[at + i] > logits[at + best]) {
        best = i;
      }
    }
    return best;
  }

  /// Fails if a value computed from a position's logits is not finite.
  ///
  /// @return the value
  public static double requireFinite(double value, GgufModel model, int chunk, int position)
      throws FormatException {
    if (!Double.isFinite(value)) {
      throw FormatException.in(
          Path.of(model.name()),
          ("gives logits that are not finite numbers (chunk %d, token %d): check whether weights"
                  + " are damaged")
              .formatted(chunk + 1, position));
    }
    return value;
  }
}
