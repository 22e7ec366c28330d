package dev.zonda.verify;

import dev.zonda.verify.kernels.Kernels;

/// Compares candidates with the reference at one position after the other.
final class PositionComparison {
  private final int vocabulary;
  private final LogProbabilities referenceSide;
  private final LogProbabilities candidateSide;
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
    return referenceLoss;
  }

  /// Compares a candidate's logits with the reference's and keeps what it finds.
  ///
  /// @return the divergence at this position
  double candidate(float[] logits, int at, int target, PairedSamples samples, int index) {
    double logSum = candidateSide.logSumExp(logits, at);
    double loss = logSum - logits[at + target];
    double divergence = divergence(logits, at, logSum);
    samples.set(
        index,
        referenceLoss,
        loss,
        divergence,
        StrictMath.exp(-loss) - StrictMath.exp(-referenceLoss),
        LogProbabilities.argmax(referenceLogits, referenceAt, vocabulary)
            == LogProbabilities.argmax(logits, at, vocabulary));
    return divergence;
  }

  /// Sum over the vocabulary of `p (ln p - ln q)`, `p` the reference's and `q` the candidate's
  /// probabilities.
  private double divergence(float[] logits, int at, double logSum) {
    double shift = logSum - referenceLogSum;
    double sum = 0;
    for (int token = 0; token < vocabulary; token++) {
      double difference = (double) referenceLogits[referenceAt + token] - logits[at + token];
      sum += referenceSide.probability(token) * (difference + shift);
    }
    return sum;
  }
}
