package dev.zonda.verify.divergence;

import dev.zonda.verify.evaluation.LogProbabilities;
import dev.zonda.verify.kernels.Kernels;

/// Compares candidates with the reference at one position after the other.
final class PositionComparison {
  /// Shares of probability that make no difference to a sum over the vocabulary.
  private static final double NEGLIGIBLE = 1e-12;

  /// Differences of logarithms below which series are exact to 1e-9.
  private static final double SMALL = 0.2;

  private final int vocabulary;
  private final LogProbabilities referenceSide;
  private final LogProbabilities candidateSide;
  private final TopTokens referenceTop = new TopTokens();
  private final TopTokens candidateTop = new TopTokens();
  private float[] referenceLogits = {};
  private int referenceAt;
  private double referenceLogSum;
  private double referenceLoss;

  PositionComparison(Kernels kernels, int vocabulary) {
    this.vocabulary = vocabulary;
    this.referenceSide = new LogProbabilities(kernels, vocabulary);
    this.candidateSide = new LogProbabilities(kernels, vocabulary);
  }

  /// Takes in the reference's logits.
  ///
  /// @param target the text's next token
  /// @return its negative log-likelihood
  double reference(float[] logits, int at, int target) {
    referenceLogits = logits;
    referenceAt = at;
    referenceLogSum = referenceSide.logSumExp(logits, at);
    referenceLoss = referenceLogSum - logits[at + target];
    referenceTop.find(logits, at, vocabulary);
    return referenceLoss;
  }

  /// Takes in the reference's stored log-probabilities, which are not normalized again.
  ///
  /// @param target the text's next token
  /// @return what the probabilities add up to
  double stored(float[] logProbabilities, float cutoff, int target) {
    referenceLogits = logProbabilities;
    referenceAt = 0;
    referenceLogSum = 0;
    referenceLoss = -logProbabilities[target];
    referenceTop.find(logProbabilities, 0, vocabulary);
    return referenceSide.stored(logProbabilities, cutoff);
  }

  /// Compares a candidate's logits with the reference's and keeps what it finds.
  ///
  /// @return the divergence at this position
  double candidate(float[] logits, int at, int target, PairedSamples samples, int index) {
    double logSum = candidateSide.logSumExp(logits, at);
    double loss = logSum - logits[at + target];
    candidateTop.find(logits, at, vocabulary);
    double shift = logSum - referenceLogSum;
    double divergence = 0;
    double reverse = 0;
    double toMiddle = 0;
    for (int token = 0; token < vocabulary; token++) {
      // ln p - ln q
      double difference =
          (double) referenceLogits[referenceAt + token] - logits[at + token] + shift;
      double p = referenceSide.probability(token);
      double q = candidateSide.probability(token);
      divergence += p * difference;
      reverse -= q * difference;
      if (p + q > NEGLIGIBLE) {
        toMiddle += toMiddle(p, q, difference);
      }
    }
    samples.losses(index, referenceLoss, loss);
    samples.divergences(index, divergence, reverse, toMiddle / 2);
    samples.tops(index, referenceTop, candidateTop);
    return divergence;
  }

  /// `p ln(p / m) + q ln(q / m)` with `m` the mean of both, from the exact difference of their
  /// logarithms: the rounding of `p` and `q` would hide small divergences.
  private static double toMiddle(double p, double q, double difference) {
    double distance = Math.abs(difference);
    if (distance < SMALL) {
      // With u = (p - q) / (p + q) = tanh(difference / 2), the sum of (1 + u) ln(1 + u) and
      // (1 - u) ln(1 - u), as series.
      double half = distance / 2;
      double u = half * (1 - half * half / 3 * (1 - 0.4 * half * half));
      double square = u * u;
      return (p + q) / 2 * square * (1 + square / 6 * (1 + square * 0.4));
    }
    double ratio = StrictMath.exp(-distance);
    double larger = StrictMath.log(2 / (1 + ratio));
    return Math.max(p, q) * (larger + ratio * (larger - distance));
  }
}
