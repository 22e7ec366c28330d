package dev.zonda.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.Models;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.testdata.SeededCheckpoint;
import dev.zonda.verify.evaluation.Chunks;
import dev.zonda.verify.evaluation.Engine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PerplexityTest {
  @Test
  void perplexityIsTheReferencesFormula() {
    double[] losses = {1, 2, 4, 1.5, 3};
    double sum = 0;
    double squares = 0;
    for (double loss : losses) {
      sum += loss;
      squares += loss * loss;
    }
    double mean = sum / 5;
    double error = Math.sqrt((squares / 5 - mean * mean) / 4);
    Perplexity perplexity = Perplexity.of(losses, 1);
    assertEquals(Math.exp(mean), perplexity.perplexity(), 1e-12);
    assertEquals(Math.exp(mean) * error, perplexity.error(), 1e-12);
    assertEquals(5, perplexity.tokens());
  }

  @Test
  void damagedWeightsAreNamed() {
    Chunks text = Chunks.of(TinyModel.tokens(200, 9), 40, TinyModel.BOS, OptionalInt.empty());
    TinyModel damaged = TinyModel.of(1);
    damaged.values("blk.1.ffn_down.weight")[3] = Float.NaN;
    try (Engine engine = Engine.of(1)) {
      FormatException e =
          assertThrows(FormatException.class, () -> Measurements.perplexity(damaged, text, engine));
      assertTrue(e.getMessage().startsWith("tiny.gguf: gives logits that are not finite numbers"));
    }
  }

  @Test
  void whatSeesTheNextTokenHasNone(@TempDir Path temp) throws IOException {
    Path folder = temp.resolve("llada");
    SeededCheckpoint.write("llada", folder);
    Chunks text = Chunks.of(TinyModel.tokens(200, 9), 40, OptionalInt.empty(), OptionalInt.empty());
    try (GgufModel model = Models.open(folder)) {
      FormatException e =
          assertThrows(FormatException.class, () -> Perplexity.workload(model, text));
      assertTrue(e.getMessage().contains("sees the whole text"), e.getMessage());
    }
  }
}
