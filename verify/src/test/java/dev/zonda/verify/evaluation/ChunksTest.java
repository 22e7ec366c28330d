package dev.zonda.verify.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.zonda.verify.TinyModel;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ChunksTest {
  @Test
  void chunksScoreTheSecondHalf() {
    int[] text = IntStream.range(0, 35).toArray();
    Chunks chunks = Chunks.of(text, 10, TinyModel.BOS, OptionalInt.empty());
    assertEquals(3, chunks.count());
    assertEquals(12, chunks.scored());
    assertEquals(1, chunks.inputs().get(2)[0], "BOS");
    assertEquals(21, chunks.inputs().get(2)[1]);
    assertEquals(new Evaluator.Range(5, 9), chunks.range());
    assertEquals(26, chunks.target(2, 5));
    assertEquals(8, chunks.index(2, 5));
    assertEquals(11, chunks.index(2, 8));
  }

  @Test
  void chunksCanBeLimitedAndMayBeginWithoutBos() {
    int[] text = IntStream.range(10, 50).toArray();
    Chunks chunks = Chunks.of(text, 10, OptionalInt.empty(), OptionalInt.of(2));
    assertEquals(2, chunks.count());
    assertEquals(20, chunks.inputs().get(1)[0]);
  }

  @Test
  void textMustHoldTwoContexts() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> Chunks.of(new int[19], 10, TinyModel.BOS, OptionalInt.empty()));
    assertEquals("the text has 19 tokens; a context of 10 needs at least 20", e.getMessage());
  }
}
