package dev.zonda.verify.gates;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.verify.statistics.Interval;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SequentialGatesTest {
  private static final int CHUNKS = 64;
  private static final double ERROR = 0.05;

  /// Every metric's mean of a chunk is the chunk's value.
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Samples(double[] values) implements ChunkSamples {
    @Override
    public String model() {
      return "a.gguf";
    }

    @Override
    public int tokensPerChunk() {
      return 100;
    }

    @Override
    public double[] means(Metric metric, int... chunks) {
      return Arrays.stream(chunks).mapToDouble(chunk -> values[chunk]).toArray();
    }

    /// Values stand for the share above any limit.
    @Override
    public double[] sharesAbove(double divergence, int... chunks) {
      return means(Metric.KLD_MEAN, chunks);
    }

    @Override
    public double quantile(double share, int... chunks) {
      return 7;
    }
  }

  private static Samples skewed(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] values = new double[CHUNKS];
    Arrays.setAll(values, _ -> Math.exp(0.5 * random.nextGaussian() - 0.125));
    return new Samples(values);
  }

  private static SequentialGates gates(String... gates) {
    return new SequentialGates(
        Arrays.stream(gates).map(Gate::parse).toList(), 1, CHUNKS, ERROR, Optional.empty());
  }

  /// Looks until everything is decided.
  private static List<GateOutcome> run(SequentialGates gates, Samples samples) {
    for (int look : SequentialGates.looks(CHUNKS)) {
      gates.look(List.of(samples), IntStream.range(0, look).toArray());
      if (gates.areDecided()) {
        break;
      }
    }
    return gates.outcomes();
  }

  @Test
  void looksDoubleUpToTheEnd() {
    assertEquals(List.of(8, 16, 32, 64), SequentialGates.looks(64));
    assertEquals(List.of(10, 19, 38), SequentialGates.looks(38));
    assertEquals(List.of(8, 15), SequentialGates.looks(15));
    assertEquals(List.of(8, 16), SequentialGates.looks(16));
    assertEquals(List.of(8), SequentialGates.looks(8));
    assertEquals(List.of(5), SequentialGates.looks(5));
  }

  /// The mean is exactly at the limit: whatever is decided is wrong. All looks together may err no
  /// more often than was allowed.
  @Test
  void repeatedLooksErrNoMoreThanAllowed() {
    int wrong = 0;
    int runs = 400;
    for (int seed = 0; seed < runs; seed++) {
      List<GateOutcome> outcomes = run(gates("kld.mean<1"), skewed(seed));
      wrong += outcomes.getFirst().verdict() == Verdict.UNDECIDED ? 0 : 1;
    }
    assertTrue(wrong <= 1.3 * ERROR * runs, wrong + " of " + runs);
  }

  /// As above, on four candidates: how often any of them gets a wrong verdict. Without a part of
  /// the probability for each it would be five times as often as allowed. The tails of means as
  /// skewed as these are heavier than intervals from so few chunks can know: twice is what is left.
  @Test
  void severalGatesDoNotAddUpTheirErrors() {
    int candidates = 4;
    int wrong = 0;
    int runs = 200;
    for (int run = 0; run < runs; run++) {
      SequentialGates gates =
          new SequentialGates(
              List.of(Gate.parse("kld.mean<1")), candidates, CHUNKS, ERROR, Optional.empty());
      int seed = 1000 + candidates * run;
      List<Samples> samples =
          IntStream.range(seed, seed + candidates).mapToObj(i -> skewed(i)).toList();
      for (int look : SequentialGates.looks(CHUNKS)) {
        gates.look(samples, IntStream.range(0, look).toArray());
      }
      boolean isWrong = gates.outcomes().stream().anyMatch(o -> o.verdict() != Verdict.UNDECIDED);
      wrong += isWrong ? 1 : 0;
    }
    assertTrue(wrong <= 2.5 * ERROR * runs, wrong + " of " + runs);
  }

  /// Each gate has half of the probability where there are two, however they depend on each other.
  @Test
  void gatesShareTheProbabilityOfError() {
    Interval alone = run(gates("kld.mean<1"), skewed(7)).getFirst().interval().orElseThrow();
    List<GateOutcome> both = run(gates("kld.mean<1", "jsd.mean<1"), skewed(7));
    Interval shared = both.getFirst().interval().orElseThrow();
    assertTrue(shared.low() < alone.low() && shared.high() > alone.high());
    assertEquals(shared, both.getLast().interval().orElseThrow());
  }

  @Test
  void clearCasesAreDecidedEarly() {
    for (int seed = 0; seed < 20; seed++) {
      List<GateOutcome> outcomes =
          run(gates("kld.mean<4", "kld.mean<0.2", "kld.mean>0.2"), skewed(seed));
      assertEquals(
          List.of(Verdict.PASSED, Verdict.FAILED, Verdict.PASSED),
          outcomes.stream().map(GateOutcome::verdict).toList());
      assertTrue(outcomes.stream().allMatch(outcome -> outcome.chunks() <= 32), outcomes::toString);
      assertTrue(outcomes.getFirst().interval().orElseThrow().high() <= 4);
    }
  }

  @Test
  void fewChunksDecideNothing() {
    SequentialGates gates =
        new SequentialGates(
            List.of(Gate.parse("kld.mean<100"), Gate.parse("kld.p99<100")),
            1,
            5,
            ERROR,
            Optional.empty());
    gates.look(List.of(skewed(1)), 0, 1, 2, 3, 4);
    assertFalse(gates.areDecided());
    assertEquals(
        List.of(Verdict.UNDECIDED, Verdict.UNDECIDED),
        gates.outcomes().stream().map(GateOutcome::verdict).toList());
  }

  @Test
  void identityIsWithinAnyLimit() {
    List<GateOutcome> outcomes =
        run(gates("kld.mean<0", "delta_p.rms<0", "kld.mean<=1e-9"), new Samples(new double[64]));
    assertTrue(outcomes.stream().allMatch(o -> o.verdict() == Verdict.PASSED), outcomes::toString);
    assertTrue(outcomes.stream().allMatch(o -> o.chunks() == 8));
  }

  @Test
  void metricsAreInTheirOwnUnits() {
    double[] values = new double[CHUNKS];
    Arrays.setAll(values, i -> 0.04 + 0.001 * (i % 3));
    List<GateOutcome> outcomes =
        run(gates("ppl.ratio<1.06", "delta_p.rms<0.25", "delta_p.rms<0.15"), new Samples(values));
    assertEquals(
        List.of(Verdict.PASSED, Verdict.PASSED, Verdict.FAILED),
        outcomes.stream().map(GateOutcome::verdict).toList());
    assertEquals(1.0418, outcomes.get(0).found(), 1e-3);
    assertEquals(1.06, outcomes.get(0).limit(), 1e-12);
    assertEquals(0.2024, outcomes.get(1).found(), 1e-3);
    assertTrue(outcomes.get(1).interval().orElseThrow().low() < 0.2024);
  }

  /// A quantile is kept where few enough tokens are above it.
  @Test
  void quantilesCountTokens() {
    double[] shares = new double[CHUNKS];
    Arrays.setAll(shares, i -> i % 4 == 0 ? 0.02 : 0.03);
    List<GateOutcome> outcomes = run(gates("kld.p90<1", "kld.p99<1"), new Samples(shares));
    assertEquals(
        List.of(Verdict.PASSED, Verdict.FAILED),
        outcomes.stream().map(GateOutcome::verdict).toList());
    assertEquals(7, outcomes.getFirst().found());
    assertEquals(Optional.empty(), outcomes.getFirst().interval());
  }

  /// The text moves both runs up and down; what is between them hardly moves.
  @Test
  void baselinesArePairedChunkByChunk() {
    double[] earlier = skewed(3).values();
    double[] now = Arrays.stream(earlier).map(value -> 1.02 * value).toArray();
    Map<Metric, double[]> means = new EnumMap<>(Metric.class);
    means.put(Metric.KLD_MEAN, earlier);
    SequentialGates gates =
        new SequentialGates(
            List.of(Gate.parse("kld.mean<+3%"), Gate.parse("kld.mean<+1%")),
            1,
            CHUNKS,
            ERROR,
            Optional.of(List.of(new Baseline(means))));
    List<GateOutcome> outcomes = run(gates, new Samples(now));
    assertEquals(
        List.of(Verdict.PASSED, Verdict.FAILED),
        outcomes.stream().map(GateOutcome::verdict).toList());
    double mean = Arrays.stream(now).limit(outcomes.getFirst().chunks()).average().orElseThrow();
    assertEquals(mean, outcomes.getFirst().found(), 1e-12);
    assertEquals(mean / 1.02 * 1.03, outcomes.getFirst().limit(), 1e-12);
  }

  @Test
  void relativeGatesNeedBaselines() {
    assertThrows(IllegalArgumentException.class, () -> gates("kld.mean<+3%"));
  }

  @Test
  void failureOutweighsDoubt() {
    assertEquals(Verdict.PASSED, Verdict.of(List.of()));
    assertEquals(Verdict.UNDECIDED, Verdict.of(List.of(Verdict.PASSED, Verdict.UNDECIDED)));
    assertEquals(Verdict.FAILED, Verdict.of(List.of(Verdict.FAILED, Verdict.UNDECIDED)));
  }
}
