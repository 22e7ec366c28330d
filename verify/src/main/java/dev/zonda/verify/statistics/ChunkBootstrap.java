package dev.zonda.verify.statistics;

import java.util.Arrays;
import java.util.SplittableRandom;

/// Confidence intervals for means over a text whose chunks are the unit: tokens of a chunk share
/// their context and are not independent samples; chunks nearly are.
///
/// The interval is the wider, at each end, of two:
///
/// - the studentized block bootstrap: chunks are drawn with replacement, each resample gives the
///   distance of its mean from that of all chunks in units of its own standard error, and the
///   quantiles of these distances take the place of Student's. It follows the skew that divergences
///   have;
/// - Student's t interval, which reaches further into the tails than a number of resamples can.
public final class ChunkBootstrap {
  /// Chunks below which an interval would say nothing.
  public static final int MIN_CHUNKS = 8;

  static final int RESAMPLES = 9999;

  /// The same resamples on every run.
  static final long SEED = 20_261_001;

  /// The least standard error of a resample, as a share of that of all chunks: a resample that
  /// missed the few chunks that differ would be infinitely far away.
  private static final double LEAST_ERROR = 0.1;

  private ChunkBootstrap() {}

  /// @param chunkMeans at least [#MIN_CHUNKS] of them
  /// @param error probability, both ends together, that the interval misses the mean
  public static Interval ofMean(double[] chunkMeans, double error) {
    int count = chunkMeans.length;
    if (count < MIN_CHUNKS || !(error > 0 && error < 1)) {
      throw new IllegalArgumentException(count + " chunks, error " + error);
    }
    double mean = Arrays.stream(chunkMeans).sum() / count;
    double[] deviations = new double[count];
    Arrays.setAll(deviations, i -> chunkMeans[i] - mean);
    double standardError = standardError(deviations);
    if (standardError == 0) {
      return new Interval(mean, mean);
    }
    double student = StudentT.upperQuantile(error / 2, count - 1);
    double[] distances = distances(deviations, standardError * LEAST_ERROR);
    int rank = Math.max(1, (int) ((RESAMPLES + 1) * error / 2));
    double below = Math.max(student, distances[RESAMPLES - rank]);
    double above = Math.max(student, -distances[rank - 1]);
    return new Interval(mean - below * standardError, mean + above * standardError);
  }

  /// As [#ofMean], for shares of tokens, whose resamples are often all alike: the wider of
  /// Student's interval and Wilson's, for as many independent tokens as the spread between chunks
  /// is worth. A share of all or none does not look certain.
  ///
  /// @param chunkShares from 0 to 1
  /// @param tokens in all chunks
  public static Interval ofShare(double[] chunkShares, long tokens, double error) {
    int count = chunkShares.length;
    if (count < MIN_CHUNKS || !(error > 0 && error < 1)) {
      throw new IllegalArgumentException(count + " chunks, error " + error);
    }
    double share = Arrays.stream(chunkShares).sum() / count;
    double[] deviations = new double[count];
    Arrays.setAll(deviations, i -> chunkShares[i] - share);
    double standardError = standardError(deviations);
    double reach = StudentT.upperQuantile(error / 2, count - 1) * standardError;
    double variance = share * (1 - share);
    double independent =
        standardError == 0
            ? tokens
            : Math.clamp(variance / (standardError * standardError), 1, (double) tokens);
    Interval interval =
        new Interval(share - reach, share + reach).hull(wilson(share, independent, error));
    return new Interval(Math.max(0, interval.low()), Math.min(1, interval.high()));
  }

  private static Interval wilson(double share, double tokens, double error) {
    double z = StudentT.upperQuantile(error / 2, Integer.MAX_VALUE);
    double scale = 1 + z * z / tokens;
    double centre = (share + z * z / (2 * tokens)) / scale;
    double reach =
        z / scale * Math.sqrt(share * (1 - share) / tokens + z * z / (4 * tokens * tokens));
    return new Interval(centre - reach, centre + reach);
  }

  private static double standardError(double[] deviations) {
    double squares = 0;
    for (double deviation : deviations) {
      squares += deviation * deviation;
    }
    return Math.sqrt(squares / deviations.length / (deviations.length - 1));
  }

  /// Distances of the resamples' means from zero, in units of their standard errors, sorted.
  ///
  /// @param leastError least value to use as the standard error of a resample
  private static double[] distances(double[] deviations, double leastError) {
    int count = deviations.length;
    SplittableRandom random = new SplittableRandom(SEED);
    double[] distances = new double[RESAMPLES];
    for (int i = 0; i < RESAMPLES; i++) {
      double sum = 0;
      double squares = 0;
      for (int j = 0; j < count; j++) {
        double deviation = deviations[random.nextInt(count)];
        sum += deviation;
        squares += deviation * deviation;
      }
      double mean = sum / count;
      double variance = Math.max(0, squares / count - mean * mean);
      distances[i] = mean / Math.max(leastError, Math.sqrt(variance / (count - 1)));
    }
    Arrays.sort(distances);
    return distances;
  }
}
