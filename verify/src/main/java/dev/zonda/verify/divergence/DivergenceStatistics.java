package dev.zonda.verify.divergence;

import dev.zonda.verify.divergence.Divergence.MeanError;
import dev.zonda.verify.evaluation.Chunks;
import dev.zonda.verify.gates.Metric;
import dev.zonda.verify.statistics.ChunkBootstrap;
import dev.zonda.verify.statistics.Estimate;
import dev.zonda.verify.statistics.Interval;
import dev.zonda.verify.statistics.Percentiles;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/// The statistics of one candidate's samples.
final class DivergenceStatistics {
  /// Probability that an interval misses its value.
  static final double ERROR = 0.05;

  private static final int WORST_TOKENS = 10;
  private static final int CONTEXT_TOKENS = 16;
  private static final int POSITION_BANDS = 8;

  private final PairedSamples samples;
  private final Chunks text;
  private final int[] chunks;

  /// @param chunks that were evaluated, in the order of the text
  DivergenceStatistics(PairedSamples samples, Chunks text, int... chunks) {
    this.samples = samples;
    this.text = text;
    this.chunks = chunks;
  }

  /// @param byLayer relative errors, if they were measured
  Divergence divergence(List<Double> byLayer) {
    double[] same = samples.values(index -> samples.topOverlap(index, 1), chunks);
    double share = Estimate.mean(same);
    return new Divergence(
        samples.model(),
        kld(),
        ppl(),
        deltaP(),
        100 * share,
        100 * Math.sqrt(share * (1 - share) / (same.length - 1)),
        same.length,
        chunks.length,
        MeanError.of(samples.values(samples::reverseDivergence, chunks)),
        MeanError.of(samples.values(samples::jensenShannon, chunks)),
        topK(),
        intervals(),
        byPosition(),
        byLayer,
        worst());
  }

  private Divergence.Kld kld() {
    double[] divergences = samples.values(samples::divergence, chunks);
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
    double[] referenceLosses = samples.values(samples::referenceLoss, chunks);
    double[] candidateLosses = samples.values(samples::candidateLoss, chunks);
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
    double[] changes = samples.values(samples::probabilityChange, chunks);
    Estimate mean = Estimate.ofMean(changes);
    double[] squares = Arrays.stream(changes).map(change -> change * change).toArray();
    Estimate meanSquare = Estimate.ofMean(squares);
    double rms = Math.sqrt(meanSquare.value());
    Percentiles of = new Percentiles(changes, 100);
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

  private List<Divergence.TopK> topK() {
    List<Divergence.TopK> all = new ArrayList<>();
    for (int k : new int[] {1, 5, 10}) {
      Estimate overlap =
          Estimate.ofMean(samples.values(index -> samples.topOverlap(index, k), chunks));
      all.add(new Divergence.TopK(k, overlap.value(), overlap.error()));
    }
    return all;
  }

  private SequencedMap<String, Interval> intervals() {
    SequencedMap<String, Interval> intervals = new LinkedHashMap<>();
    if (chunks.length >= ChunkBootstrap.MIN_CHUNKS) {
      for (Metric metric : Metric.values()) {
        if (metric.quantile().isEmpty()) {
          double[] means = samples.means(metric, chunks);
          Interval interval =
              metric.isShare()
                  ? ChunkBootstrap.ofShare(
                      means, (long) chunks.length * samples.tokensPerChunk(), ERROR)
                  : ChunkBootstrap.ofMean(means, ERROR);
          if (interval.bounded()) {
            intervals.put(metric.label(), interval.map(metric::value));
          }
        }
      }
    }
    return intervals;
  }

  private List<Divergence.PositionBand> byPosition() {
    int perChunk = samples.tokensPerChunk();
    int bands = Math.min(POSITION_BANDS, perChunk);
    List<Divergence.PositionBand> all = new ArrayList<>();
    for (int band = 0; band < bands; band++) {
      int from = perChunk * band / bands;
      int to = perChunk * (band + 1) / bands;
      double[] divergences = new double[chunks.length * (to - from)];
      for (int i = 0; i < divergences.length; i++) {
        int chunk = chunks[i / (to - from)];
        divergences[i] = samples.divergence(chunk * perChunk + from + i % (to - from));
      }
      Estimate kld = Estimate.ofMean(divergences);
      int first = text.range().from();
      all.add(new Divergence.PositionBand(first + from, first + to - 1, kld.value(), kld.error()));
    }
    return all;
  }

  private List<Divergence.WorstToken> worst() {
    List<Divergence.WorstToken> all = new ArrayList<>();
    for (int index : samples.largestDivergences(WORST_TOKENS, chunks)) {
      int chunk = index / samples.tokensPerChunk();
      int position = text.range().from() + index % samples.tokensPerChunk();
      all.add(
          new Divergence.WorstToken(
              chunk,
              position,
              samples.divergence(index),
              text.before(chunk, position, CONTEXT_TOKENS),
              text.target(chunk, position),
              StrictMath.exp(-samples.referenceLoss(index)),
              StrictMath.exp(-samples.candidateLoss(index)),
              samples.referenceTop(index),
              samples.candidateTop(index),
              Optional.empty()));
    }
    return all;
  }
}
