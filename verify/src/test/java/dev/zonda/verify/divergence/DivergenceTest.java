package dev.zonda.verify.divergence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import dev.zonda.verify.NaiveForward;
import dev.zonda.verify.TinyModel;
import dev.zonda.verify.evaluation.Chunks;
import dev.zonda.verify.evaluation.Engine;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DivergenceTest {
  private static final Metadata METADATA = TinyModel.standardMetadata().build();

  @Test
  void aModelDoesNotDivergeFromItself() throws IOException {
    try (Engine engine = Engine.of(2)) {
      List<Divergence> found =
          Divergences.measure(
              TinyModel.of(1), List.of(TinyModel.of(1), TinyModel.of(2)), text(), engine);
      Divergence same = found.getFirst();
      assertEquals(0, same.kld().mean());
      assertEquals(0, same.kld().max());
      assertEquals(100, same.sameTop());
      assertEquals(1, same.ppl().ratio());
      assertEquals(0, same.ppl().lnRatioError());
      assertEquals(0, same.ppl().difference());
      assertEquals(0, same.ppl().differenceError());
      assertEquals(0, same.deltaP().rms());
      Divergence other = found.getLast();
      assertTrue(other.kld().mean() > 1 && other.kld().min() > 0);
      assertTrue(other.sameTop() < 50);
    }
  }

  /// Against sums over doubles, from the logits of the naive forward pass.
  @Test
  void divergenceIsTheDefinition() throws IOException {
    TinyModel reference = TinyModel.of(1);
    TinyModel candidate = TinyModel.of(1);
    for (int i = 0; i < 100; i++) {
      candidate.values("output.weight")[i * 7] += 0.05f;
    }
    Chunks chunks = text();
    double divergence = 0;
    double referenceLoss = 0;
    double candidateLoss = 0;
    for (int chunk = 0; chunk < chunks.count(); chunk++) {
      int[] input = chunks.inputs().get(chunk);
      double[][] ours = new NaiveForward(reference, 1 << 20, 1).logits(input);
      double[][] theirs = new NaiveForward(candidate, 1 << 20, 1).logits(input);
      for (int p = chunks.range().from(); p < chunks.range().to(); p++) {
        double[] a = logProbabilities(ours[p]);
        double[] b = logProbabilities(theirs[p]);
        for (int token = 0; token < a.length; token++) {
          divergence += Math.exp(a[token]) * (a[token] - b[token]);
        }
        referenceLoss -= a[chunks.target(chunk, p)];
        candidateLoss -= b[chunks.target(chunk, p)];
      }
    }
    try (Engine engine = Engine.of(3)) {
      Divergence found =
          Divergences.measure(reference, List.of(candidate), chunks, engine).getFirst();
      int count = chunks.scored();
      assertEquals(divergence / count, found.kld().mean(), 1e-8);
      assertTrue(found.kld().mean() > 1e-5, () -> "" + found.kld());
      assertEquals(Math.exp(referenceLoss / count), found.ppl().reference(), 1e-3);
      assertEquals(Math.exp(candidateLoss / count), found.ppl().candidate(), 1e-3);
      assertEquals((candidateLoss - referenceLoss) / count, found.ppl().lnRatio(), 1e-6);
    }
  }

  private static MetadataValue vocabulary(String last) {
    List<String> tokens = new ArrayList<>(Collections.nCopies(TinyModel.VOCABULARY, "a"));
    tokens.set(TinyModel.VOCABULARY - 1, last);
    return MetadataValue.Array.ofStrings(tokens);
  }

  @Test
  void differentVocabulariesAreRefused() {
    Metadata metadata = METADATA.toBuilder().put("tokenizer.ggml.tokens", vocabulary("b")).build();
    Metadata others = METADATA.toBuilder().put("tokenizer.ggml.tokens", vocabulary("c")).build();
    try (Engine engine = Engine.of(1)) {
      FormatException e =
          assertThrows(
              FormatException.class,
              () ->
                  Divergences.measure(
                      TinyModel.of(1, metadata), List.of(TinyModel.of(1, others)), text(), engine));
      assertEquals(
          "tiny.gguf: has other tokens than tiny.gguf (tokenizer.ggml.tokens): divergence needs"
              + " the same vocabulary",
          e.getMessage());
    }
  }

  private static Chunks text() {
    return Chunks.of(TinyModel.tokens(200, 9), 40, TinyModel.BOS, OptionalInt.empty());
  }

  private static double[] logProbabilities(double[] logits) {
    double sum = 0;
    for (double logit : logits) {
      sum += Math.exp(logit);
    }
    double[] result = new double[logits.length];
    for (int i = 0; i < logits.length; i++) {
      result[i] = logits[i] - Math.log(sum);
    }
    return result;
  }

  static double[] probabilities(double[] logits) {
    return Arrays.stream(logProbabilities(logits)).map(Math::exp).toArray();
  }

  static List<Integer> largest(double[] values, int count) {
    return IntStream.range(0, values.length)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -values[i]))
        .limit(count)
        .toList();
  }
}
