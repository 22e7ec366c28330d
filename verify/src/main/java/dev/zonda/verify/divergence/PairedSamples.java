package dev.zonda.verify.divergence;

import dev.zonda.verify.gates.ChunkSamples;
import dev.zonda.verify.gates.Metric;
import dev.zonda.verify.statistics.Estimate;
import dev.zonda.verify.statistics.Percentiles;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/// The samples of one candidate at every scored position. Positions may be set in any order and
/// from many threads, each once.
final class PairedSamples implements ChunkSamples {
  /// Bytes that are kept of each scored position.
  static final int BYTES_PER_POSITION = 5 * Double.BYTES + 2 * Integer.BYTES + 2 * Byte.BYTES;

  private final String model;
  private final int perChunk;
  private final double[] referenceLosses;
  private final double[] candidateLosses;
  private final double[] divergences;
  private final double[] reverseDivergences;
  private final double[] jensenShannon;
  private final int[] referenceTop;
  private final int[] candidateTop;
  private final byte[] commonOf5;
  private final byte[] commonOf10;

  /// @param perChunk positions that are scored in each chunk
  PairedSamples(String model, int chunks, int perChunk) {
    this.model = model;
    this.perChunk = perChunk;
    int positions = Math.multiplyExact(chunks, perChunk);
    this.referenceLosses = new double[positions];
    this.candidateLosses = new double[positions];
    this.divergences = new double[positions];
    this.reverseDivergences = new double[positions];
    this.jensenShannon = new double[positions];
    this.referenceTop = new int[positions];
    this.candidateTop = new int[positions];
    this.commonOf5 = new byte[positions];
    this.commonOf10 = new byte[positions];
  }

  /// Negative log-likelihoods of the text's next token.
  void losses(int index, double reference, double candidate) {
    referenceLosses[index] = reference;
    candidateLosses[index] = candidate;
  }

  void divergences(int index, double kullbackLeibler, double reverse, double jensen) {
    divergences[index] = kullbackLeibler;
    reverseDivergences[index] = reverse;
    jensenShannon[index] = jensen;
  }

  void tops(int index, TopTokens reference, TopTokens candidate) {
    referenceTop[index] = reference.first();
    candidateTop[index] = candidate.first();
    commonOf5[index] = (byte) reference.overlap(candidate, 5);
    commonOf10[index] = (byte) reference.overlap(candidate, 10);
  }

  @Override
  public String model() {
    return model;
  }

  @Override
  public int tokensPerChunk() {
    return perChunk;
  }

  double referenceLoss(int index) {
    return referenceLosses[index];
  }

  double candidateLoss(int index) {
    return candidateLosses[index];
  }

  double divergence(int index) {
    return divergences[index];
  }

  double reverseDivergence(int index) {
    return reverseDivergences[index];
  }

  double jensenShannon(int index) {
    return jensenShannon[index];
  }

  int referenceTop(int index) {
    return referenceTop[index];
  }

  int candidateTop(int index) {
    return candidateTop[index];
  }

  /// Candidate's minus reference's probability of the text's next token, 0 to 1.
  double probabilityChange(int index) {
    return StrictMath.exp(-candidateLosses[index]) - StrictMath.exp(-referenceLosses[index]);
  }

  /// Share of the reference's `k` most probable tokens that are among the candidate's.
  double topOverlap(int index, int k) {
    return switch (k) {
      case 1 -> referenceTop[index] == candidateTop[index] ? 1 : 0;
      case 5 -> commonOf5[index] / 5.0;
      case 10 -> commonOf10[index] / 10.0;
      default -> throw new IllegalArgumentException("top " + k);
    };
  }

  /// A value of each position.
  @FunctionalInterface
  interface Value {
    double at(int index);
  }

  /// The values of all positions of some chunks, in the order of the chunks.
  double[] values(Value value, int... chunks) {
    double[] values = new double[Math.multiplyExact(chunks.length, perChunk)];
    for (int i = 0; i < values.length; i++) {
      values[i] = value.at(chunks[i / perChunk] * perChunk + i % perChunk);
    }
    return values;
  }

  @Override
  public double[] means(Metric metric, int... chunks) {
    return chunkMeans(value(metric), chunks);
  }

  @Override
  public double[] sharesAbove(double limit, int... chunks) {
    return chunkMeans(index -> divergences[index] > limit ? 1 : 0, chunks);
  }

  @Override
  public double quantile(double share, int... chunks) {
    return new Percentiles(values(this::divergence, chunks), 1).at(share);
  }

  private double[] chunkMeans(Value value, int... chunks) {
    double[] means = new double[chunks.length];
    for (int i = 0; i < means.length; i++) {
      means[i] = Estimate.mean(values(value, chunks[i]));
    }
    return means;
  }

  private Value value(Metric metric) {
    return switch (metric) {
      case KLD_MEAN -> this::divergence;
      case REVERSE_KLD_MEAN -> this::reverseDivergence;
      case JS_MEAN -> this::jensenShannon;
      case PPL_CANDIDATE -> this::candidateLoss;
      case PPL_RATIO, PPL_LN_RATIO -> index -> candidateLosses[index] - referenceLosses[index];
      case DELTA_P_MEAN -> index -> 100 * probabilityChange(index);
      case DELTA_P_RMS -> index -> Math.pow(100 * probabilityChange(index), 2);
      case TOP1 -> index -> topOverlap(index, 1);
      case TOP5 -> index -> topOverlap(index, 5);
      case TOP10 -> index -> topOverlap(index, 10);
      case KLD_MEDIAN, KLD_P90, KLD_P95, KLD_P99, KLD_P999 ->
          throw new IllegalArgumentException(metric + " is not a mean");
    };
  }

  /// Places of the largest divergences in some chunks, largest first; among equal ones, the first.
  int[] largestDivergences(int count, int... chunks) {
    return Arrays.stream(chunks)
        .flatMap(chunk -> IntStream.range(chunk * perChunk, (chunk + 1) * perChunk))
        .boxed()
        .sorted(
            Comparator.<Integer>comparingDouble(index -> -divergences[index])
                .thenComparing(Comparator.naturalOrder()))
        .limit(count)
        .mapToInt(Integer::intValue)
        .toArray();
  }
}
