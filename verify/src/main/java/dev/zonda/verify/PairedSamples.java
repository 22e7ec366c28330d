package dev.zonda.verify;

import java.util.Arrays;
import java.util.BitSet;

/// What was found at every scored position, and the statistics of it. Positions may be set in any
/// order; the statistics sum them in theirs.
final class PairedSamples {
  private final double[] referenceLosses;
  private final double[] candidateLosses;
  private final double[] divergences;
  private final double[] probabilityChanges;
  private final BitSet sameTop;

  PairedSamples(int positions) {
    referenceLosses = new double[positions];
    candidateLosses = new double[positions];
    divergences = new double[positions];
    probabilityChanges = new double[positions];
    sameTop = new BitSet(positions);
  }

  void set(
      int index,
      double referenceLoss,
      double candidateLoss,
      double divergence,
      double probabilityChange,
      boolean top) {
    referenceLosses[index] = referenceLoss;
    candidateLosses[index] = candidateLoss;
    divergences[index] = divergence;
    probabilityChanges[index] = probabilityChange;
    synchronized (sameTop) {
      sameTop.set(index, top);
    }
  }

  Divergence statistics(String model, int chunks) {
    int count = divergences.length;
    double same = (double) sameTop.cardinality() / count;
    return new Divergence(
        model,
        kld(),
        ppl(),
        deltaP(),
        100 * same,
        100 * Math.sqrt(same * (1 - same) / (count - 1)),
        count,
        chunks);
  }

  private Divergence.Kld kld() {
    Estimate mean = Estimate.ofMean(divergences);
    Percentiles of = new Percentiles(divergences, 1);
    return new Divergence.Kld(
        mean.value(),
        mean.error(),
        of.at(1),
        of.at(0.999),
        of.at(0.99),
        of.at(0.95),
        of.at(0.9),
        of.at(0.5),
        of.at(0.1),
        of.at(0.05),
        of.at(0.01),
        of.at(0.001),
        of.at(0));
  }

  private Divergence.Ppl ppl() {
    Estimate reference = Estimate.ofMean(referenceLosses);
    Estimate candidate = Estimate.ofMean(candidateLosses);
    double covariance = Estimate.covarianceOfMeans(referenceLosses, candidateLosses);
    double referencePpl = StrictMath.exp(reference.value());
    double candidatePpl = StrictMath.exp(candidate.value());
    // The error of the mean difference, which is what the covariance formula gives, too, but exact
    // for equal models.
    double[] differences = new double[candidateLosses.length];
    Arrays.setAll(differences, i -> candidateLosses[i] - referenceLosses[i]);
    Estimate lnRatio = Estimate.ofMean(differences);
    double[] weighted = new double[candidateLosses.length];
    Arrays.setAll(
        weighted, i -> candidatePpl * candidateLosses[i] - referencePpl * referenceLosses[i]);
    double ratio = StrictMath.exp(lnRatio.value());
    return new Divergence.Ppl(
        referencePpl,
        referencePpl * reference.error(),
        candidatePpl,
        candidatePpl * candidate.error(),
        ratio,
        ratio * lnRatio.error(),
        lnRatio.value(),
        lnRatio.error(),
        candidatePpl - referencePpl,
        Estimate.ofMean(weighted).error(),
        covariance / (reference.error() * candidate.error()));
  }

  private Divergence.DeltaP deltaP() {
    Estimate mean = Estimate.ofMean(probabilityChanges);
    double[] squares = Arrays.stream(probabilityChanges).map(change -> change * change).toArray();
    Estimate meanSquare = Estimate.ofMean(squares);
    double rms = Math.sqrt(meanSquare.value());
    Percentiles of = new Percentiles(probabilityChanges, 100);
    return new Divergence.DeltaP(
        100 * mean.value(),
        100 * mean.error(),
        100 * rms,
        rms == 0 ? 0 : 100 * meanSquare.error() / (2 * rms),
        of.at(1),
        of.at(0.999),
        of.at(0.99),
        of.at(0.95),
        of.at(0.9),
        of.at(0.75),
        of.at(0.5),
        of.at(0.25),
        of.at(0.1),
        of.at(0.05),
        of.at(0.01),
        of.at(0.001),
        of.at(0));
  }
}
