package dev.zonda.verify.gates;

import dev.zonda.verify.statistics.ChunkBootstrap;
import dev.zonda.verify.statistics.Interval;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// Decides on gates while chunks are read, at a few looks that are fixed beforehand.
///
/// Several looks are several chances of error. So each look may err only with a part of the allowed
/// probability, in proportion to the share of the text read since the look before; over all looks
/// these parts add up to what is allowed, however the looks depend on each other. The same holds
/// for several gates: each gate of each candidate has an equal part of the probability with which
/// all of them together may err.
public final class SequentialGates {
  /// More chunks than anyone evaluates.
  private static final int MOST_NEEDED = 1_000_000;

  private final List<Gate> gates;
  private final int totalChunks;
  private final double errorOfGate;
  private final Optional<List<Baseline>> baselines;
  private final List<List<GateOutcome>> outcomes = new ArrayList<>();
  private int lastLook;

  /// @param candidates how many there are
  /// @param totalChunks of the whole text
  /// @param error probability with which any gate of any candidate may get a wrong verdict
  /// @param baselines one per candidate, if there are gates relative to them
  public SequentialGates(
      List<Gate> gates,
      int candidates,
      int totalChunks,
      double error,
      Optional<List<Baseline>> baselines) {
    if (!(error > 0 && error < 1)) {
      throw new IllegalArgumentException("error " + error);
    }
    boolean relative = gates.stream().anyMatch(gate -> gate.scale() == Gate.Scale.BASELINE);
    if (relative && baselines.map(List::size).orElse(0) != candidates) {
      throw new IllegalArgumentException("gates are relative to baselines that are not there");
    }
    this.gates = List.copyOf(gates);
    this.totalChunks = totalChunks;
    this.errorOfGate = error / Math.max(1, (double) gates.size() * candidates);
    this.baselines = baselines;
    for (int i = 0; i < candidates; i++) {
      outcomes.add(new ArrayList<>());
    }
  }

  /// Numbers of chunks after which to look: all, half of them, a quarter and so on, as long as
  /// there are enough for an interval. So the last look may err with half of the probability.
  public static List<Integer> looks(int chunks) {
    List<Integer> looks = new ArrayList<>(List.of(chunks));
    for (int look = Math.ceilDiv(chunks, 2);
        look >= ChunkBootstrap.MIN_CHUNKS;
        look = Math.ceilDiv(look, 2)) {
      looks.addFirst(look);
    }
    return looks;
  }

  /// Decides what can be decided. Earlier verdicts stay.
  ///
  /// @param samples of each candidate
  /// @param chunks all that were read
  public void look(List<? extends ChunkSamples> samples, int... chunks) {
    double spent = errorOfGate * (chunks.length - lastLook) / totalChunks;
    lastLook = chunks.length;
    for (int i = 0; i < samples.size(); i++) {
      List<GateOutcome> own = outcomes.get(i);
      for (int g = 0; g < gates.size(); g++) {
        if (own.size() <= g) {
          own.add(outcome(gates.get(g), i, samples.get(i), spent, chunks));
        } else if (own.get(g).verdict() == Verdict.UNDECIDED) {
          own.set(g, outcome(gates.get(g), i, samples.get(i), spent, chunks));
        }
      }
    }
  }

  /// Whether all gates are decided.
  public boolean areDecided() {
    return outcomes.stream()
        .allMatch(own ->
            own.size() == gates.size()
                && own.stream().noneMatch(o -> o.verdict() == Verdict.UNDECIDED));
  }

  /// The outcomes of all candidates and gates, in order.
  public List<GateOutcome> outcomes() {
    return outcomes.stream().flatMap(List::stream).toList();
  }

  private GateOutcome outcome(
      Gate gate, int candidate, ChunkSamples samples, double spent, int... chunks) {
    if (gate.metric().quantile().isPresent()) {
      return ofQuantile(gate, samples, spent, chunks);
    }
    Metric metric = gate.metric();
    double[] means = samples.means(metric, chunks);
    double mean = Arrays.stream(means).sum() / means.length;
    double limit;
    double[] column = means;
    if (gate.scale() == Gate.Scale.BASELINE) {
      Baseline baseline = baselines.orElseThrow().get(candidate);
      limit = metric.scaled(baseline.mean(metric, chunks), 1 + gate.limit());
      // Both runs on the same chunks, so that the text's effect on both cancels out.
      double[] earlier = baseline.means().get(metric);
      double[] paired = new double[means.length];
      Arrays.setAll(
          paired, i -> means[i] - metric.scaled(earlier[chunks[i]], 1 + gate.limit()) + limit);
      column = paired;
    } else {
      limit = metric.mean(gate.limit());
    }
    boolean hasInterval = means.length >= ChunkBootstrap.MIN_CHUNKS;
    Optional<Interval> interval =
        !hasInterval
            ? Optional.empty()
            : Optional.of(
                metric.isShare() && gate.scale() == Gate.Scale.ABSOLUTE
                    ? ChunkBootstrap.ofShare(
                        column, (long) means.length * samples.tokensPerChunk(), spent)
                    : ChunkBootstrap.ofMean(column, spent));
    Verdict verdict =
        interval.map(range -> verdict(gate.relation(), range, limit)).orElse(Verdict.UNDECIDED);
    return new GateOutcome(
        samples.model(),
        gate,
        verdict,
        metric.value(limit),
        metric.value(mean),
        interval.map(range -> range.map(metric::value)),
        chunks.length,
        needed(verdict, interval, Arrays.stream(column).sum() / column.length, limit, chunks));
  }

  /// A quantile is below the limit where the share of tokens above the limit is small enough.
  private static GateOutcome ofQuantile(
      Gate gate, ChunkSamples samples, double spent, int... chunks) {
    double quantile = gate.metric().quantile().orElseThrow();
    double[] shares = samples.sharesAbove(gate.limit(), chunks);
    Optional<Interval> above =
        chunks.length < ChunkBootstrap.MIN_CHUNKS
            ? Optional.empty()
            : Optional.of(
                ChunkBootstrap.ofShare(
                    shares, (long) chunks.length * samples.tokensPerChunk(), spent));
    Verdict verdict =
        above.map(range -> verdict(gate.relation(), range, 1 - quantile)).orElse(Verdict.UNDECIDED);
    return new GateOutcome(
        samples.model(),
        gate,
        verdict,
        gate.limit(),
        samples.quantile(quantile, chunks),
        Optional.empty(),
        chunks.length,
        needed(verdict, above, Arrays.stream(shares).sum() / shares.length, 1 - quantile, chunks));
  }

  /// How many chunks would suffice: intervals become narrower with the root of their number.
  private static OptionalInt needed(
      Verdict verdict, Optional<Interval> interval, double mean, double limit, int... chunks) {
    if (verdict != Verdict.UNDECIDED) {
      return OptionalInt.empty();
    }
    if (interval.isEmpty()) {
      return OptionalInt.of(ChunkBootstrap.MIN_CHUNKS);
    }
    double reach = mean < limit ? interval.get().high() - mean : mean - interval.get().low();
    double times = reach / (limit - mean);
    double needed = Math.ceil(chunks.length * times * times);
    // There is no number for a value on the limit, or so near it that no text is long enough.
    return needed <= MOST_NEEDED ? OptionalInt.of((int) needed) : OptionalInt.empty();
  }

  private static Verdict verdict(Gate.Relation relation, Interval interval, double limit) {
    boolean below = interval.high() <= limit;
    boolean above = interval.low() >= limit;
    return switch (relation) {
      case BELOW -> below ? Verdict.PASSED : above ? Verdict.FAILED : Verdict.UNDECIDED;
      case ABOVE -> above ? Verdict.PASSED : below ? Verdict.FAILED : Verdict.UNDECIDED;
    };
  }
}
