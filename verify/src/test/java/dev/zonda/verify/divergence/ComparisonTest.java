package dev.zonda.verify.divergence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.verify.NaiveForward;
import dev.zonda.verify.TinyModel;
import dev.zonda.verify.divergence.ComparisonOptions.Stop;
import dev.zonda.verify.evaluation.Chunks;
import dev.zonda.verify.evaluation.Engine;
import dev.zonda.verify.gates.Gate;
import dev.zonda.verify.gates.GateOutcome;
import dev.zonda.verify.gates.Metric;
import dev.zonda.verify.gates.Verdict;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class ComparisonTest {
  private static final int CHUNKS = 40;

  private static TinyModel changed(float by) {
    TinyModel model = TinyModel.of(1);
    float[] values = model.values("blk.1.ffn_down.weight");
    for (int i = 0; i < values.length; i += 3) {
      values[i] += by;
    }
    return model;
  }

  private static Chunks text() {
    return Chunks.of(TinyModel.tokens(24 * CHUNKS, 4), 24, TinyModel.BOS, OptionalInt.empty());
  }

  private static Comparison.Result run(ComparisonOptions options, Engine engine)
      throws IOException {
    return Divergences.run(
        Comparison.of(
            new ReferenceSide.Model(TinyModel.of(1)),
            List.of(changed(0.002f), changed(0.02f)),
            text(),
            options),
        engine);
  }

  private static ComparisonOptions gates(Stop stop, String... gates) {
    return new ComparisonOptions(
        Arrays.stream(gates).map(Gate::parse).toList(), 0.01, stop, Optional.empty());
  }

  @Test
  void resultsDependOnNeitherThreadsNorBatchesNorOrder() throws IOException {
    List<Divergence> expected;
    try (Engine engine = Engine.of(1)) {
      expected = run(ComparisonOptions.NONE, engine).divergences();
    }
    try (Engine engine = Engine.of(3, 1)) {
      assertEquals(expected, run(ComparisonOptions.NONE, engine).divergences());
      Comparison.Result shuffled = run(gates(Stop.AT_THE_END, "kld.mean<1"), engine);
      assertEquals(CHUNKS, shuffled.chunks());
      for (int i = 0; i < 2; i++) {
        assertEquals(expected.get(i).kld(), shuffled.divergences().get(i).kld());
        assertEquals(expected.get(i).worst(), shuffled.divergences().get(i).worst());
        assertEquals(expected.get(i).intervals(), shuffled.divergences().get(i).intervals());
        for (int layer = 0; layer < TinyModel.LAYERS; layer++) {
          assertEquals(
              expected.get(i).byLayer().get(layer),
              shuffled.divergences().get(i).byLayer().get(layer),
              1e-12);
        }
      }
    }
  }

  @Test
  void itStopsWhenAllGatesAreDecided() throws IOException {
    try (Engine engine = Engine.of(2)) {
      Comparison.Result result = run(gates(Stop.WHEN_DECIDED, "kld.mean<10"), engine);
      assertEquals(10, result.chunks());
      assertEquals(10 * text().scoredPerChunk(), result.divergences().getFirst().tokens());
      assertEquals(List.of(), result.chunkMeans());
      assertEquals(2, result.gates().size());
      assertTrue(result.gates().stream().allMatch(o -> o.verdict() == Verdict.PASSED));
      assertEquals(CHUNKS, run(gates(Stop.AT_THE_END, "kld.mean<10"), engine).chunks());
    }
  }

  @Test
  void aGateAtTheValueItselfStaysUndecided() throws IOException {
    try (Engine engine = Engine.of(2)) {
      Comparison.Result whole = run(ComparisonOptions.NONE, engine);
      double mean = whole.divergences().getFirst().kld().mean();
      Comparison.Result result = run(gates(Stop.WHEN_DECIDED, "kld.mean<" + mean), engine);
      GateOutcome outcome = result.gates().getFirst();
      assertEquals(Verdict.UNDECIDED, outcome.verdict());
      assertEquals(CHUNKS, outcome.chunks());
      assertEquals(mean, outcome.found(), 1e-12);
      assertEquals(CHUNKS, result.chunkMeans().getFirst().means().get(Metric.TOP1).length);
    }
  }

  /// Only the last layer was changed.
  @Test
  void layersShowWhereModelsPart() throws IOException {
    try (Engine engine = Engine.of(2)) {
      List<Divergence> found = run(ComparisonOptions.NONE, engine).divergences();
      for (Divergence divergence : found) {
        assertEquals(0, divergence.byLayer().getFirst());
        assertTrue(divergence.byLayer().getLast() > 0.001, divergence.byLayer()::toString);
      }
      assertEquals(
          10, found.getLast().byLayer().getLast() / found.getFirst().byLayer().getLast(), 0.01);
    }
  }

  @Test
  void worstTokensArePlacesOfTheText() throws IOException {
    try (Engine engine = Engine.of(2)) {
      Divergence found = run(ComparisonOptions.NONE, engine).divergences().getLast();
      assertEquals(10, found.worst().size());
      assertEquals(found.kld().max(), found.worst().getFirst().kld());
      int[] text = TinyModel.tokens(24 * CHUNKS, 4);
      for (Divergence.WorstToken token : found.worst()) {
        int place = token.chunk() * 24 + token.position();
        assertEquals(text[place + 1], token.next());
        assertEquals(text[place], token.context().getLast());
        assertEquals(Math.min(16, token.position() + 1), token.context().size());
        assertTrue(token.kld() >= found.worst().getLast().kld());
      }
      assertEquals(
          found.kld().mean(),
          found.byPosition().stream()
                  .mapToDouble(band -> band.kld() * (band.to() - band.from() + 1))
                  .sum()
              / text().scoredPerChunk(),
          1e-9);
    }
  }

  /// Against sums over doubles.
  @Test
  void otherDivergencesAreTheirDefinitions() throws IOException {
    Chunks chunks = text();
    double reverse = 0;
    double jensenShannon = 0;
    double common = 0;
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
      double[][] ours =
          new NaiveForward(TinyModel.of(1), 1 << 20, 1).logits(chunks.inputs().get(chunk));
      double[][] theirs =
          new NaiveForward(changed(0.02f), 1 << 20, 1).logits(chunks.inputs().get(chunk));
      for (int at = chunks.range().from(); at < chunks.range().to(); at++) {
        double[] p = DivergenceTest.probabilities(ours[at]);
        double[] q = DivergenceTest.probabilities(theirs[at]);
        for (int token = 0; token < p.length; token++) {
          double middle = (p[token] + q[token]) / 2;
          reverse += q[token] * Math.log(q[token] / p[token]);
          jensenShannon += p[token] * Math.log(p[token] / middle) / 2;
          jensenShannon += q[token] * Math.log(q[token] / middle) / 2;
        }
        List<Integer> first = DivergenceTest.largest(p, 5);
        common += DivergenceTest.largest(q, 5).stream().filter(first::contains).count() / 5.0;
      }
    }
    try (Engine engine = Engine.of(2)) {
      Divergence found = run(ComparisonOptions.NONE, engine).divergences().getLast();
      assertEquals(reverse / chunks.scored(), found.reverseKld().mean(), 1e-7);
      assertEquals(jensenShannon / chunks.scored(), found.jsd().mean(), 1e-7);
      assertTrue(found.jsd().mean() > 1e-4);
      assertEquals(5, found.topK().get(1).k());
      assertEquals(common / chunks.scored(), found.topK().get(1).overlap(), 1e-3);
      assertEquals(found.sameTop() / 100, found.topK().getFirst().overlap(), 1e-12);
    }
  }
}
