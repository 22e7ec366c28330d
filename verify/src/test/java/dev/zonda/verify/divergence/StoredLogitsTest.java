package dev.zonda.verify.divergence;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.quantize.ProgressListener;
import dev.zonda.verify.Perplexity;
import dev.zonda.verify.TinyModel;
import dev.zonda.verify.evaluation.Chunks;
import dev.zonda.verify.evaluation.Engine;
import dev.zonda.verify.evaluation.EvaluationPlan;
import dev.zonda.verify.kernels.KernelChoice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StoredLogitsTest {
  private static final int CONTEXT = 40;

  @TempDir private Path folder;

  private static Chunks text() {
    return Chunks.of(TinyModel.tokens(200, 9), CONTEXT, TinyModel.BOS, OptionalInt.empty());
  }

  private Path stored(TinyModel model) throws IOException {
    Path file = folder.resolve("base.kld");
    try (Engine engine = Engine.of(3);
        StoredLogitsWriter writer =
            StoredLogitsWriter.create(file, text(), OverwritePolicy.REPLACE)) {
      Perplexity _ =
          Perplexity.measure(
              EvaluationPlan.of(Perplexity.workload(model, text()), engine),
              text(),
              Optional.of(writer),
              ProgressListener.NONE);
      assertFalse(Files.exists(file), "not before it is whole");
      writer.commit();
    }
    return file;
  }

  /// Bytes that follow from the definition of the format, for logits that are exact in it.
  @Test
  void rowsAreTheReferenceTools() throws IOException {
    Path file = folder.resolve("base.kld");
    Chunks one = Chunks.of(new int[] {5, 6, 7, 8, 1, 2, 3, 4}, 4, TinyModel.BOS, OptionalInt.of(1));
    try (StoredLogitsWriter writer = StoredLogitsWriter.create(file, one, OverwritePolicy.FAIL)) {
      writer.begin(5);
      // 8 steps of a 65535th lie between the logits 0 and 8 / 65535 of the range.
      writer.row(0, KernelChoice.best(), new float[] {9, 0, 8, -40, 4, -8, 9}, 1);
      writer.commit();
    }
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    byte[] magic = new byte[8];
    bytes.get(magic);
    assertArrayEquals(StoredLogits.MAGIC, magic);
    int[] numbers = new int[7];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = bytes.getInt();
    }
    assertArrayEquals(new int[] {4, 5, 1, 5, 6, 7, 8}, numbers);
    assertEquals(16f / 65535, bytes.getFloat());
    double logSum = Math.log(1 + Math.exp(-8) + Math.exp(-4) + Math.exp(-16));
    assertEquals(-16 - logSum, bytes.getFloat(), 2e-6);
    int[] steps = new int[6];
    for (int i = 0; i < steps.length; i++) {
      steps[i] = Short.toUnsignedInt(bytes.getShort());
    }
    // 8 * 65535 / 16 = 32767.5 goes to the even number.
    assertArrayEquals(new int[] {32768, 65535, 0, 49151, 0, 0}, steps);
    assertFalse(bytes.hasRemaining());
  }

  @Test
  void storedReferenceMeasuresLikeTheModel() throws IOException {
    TinyModel reference = TinyModel.of(1);
    TinyModel candidate = TinyModel.of(1);
    for (int i = 0; i < 100; i++) {
      candidate.values("output.weight")[i * 7] += 0.05f;
    }
    Path file = stored(reference);
    assertTrue(StoredLogits.isOne(file));
    try (Engine engine = Engine.of(2);
        StoredLogits stored = StoredLogits.open(file)) {
      Divergence direct =
          Divergences.measure(reference, List.of(candidate), text(), engine).getFirst();
      Chunks chunks = stored.chunks(TinyModel.BOS);
      assertEquals(text().count(), chunks.count());
      Divergence found =
          Divergences.run(
                  Comparison.of(
                      new ReferenceSide.Stored(stored),
                      List.of(candidate),
                      chunks,
                      ComparisonOptions.NONE),
                  engine)
              .divergences()
              .getFirst();
      assertEquals(direct.tokens(), found.tokens());
      assertEquals(direct.kld().mean(), found.kld().mean(), 1e-6);
      assertEquals(direct.kld().max(), found.kld().max(), 1e-4);
      assertEquals(direct.reverseKld().mean(), found.reverseKld().mean(), 1e-5);
      assertEquals(direct.jsd().mean(), found.jsd().mean(), 1e-6);
      assertEquals(direct.ppl().reference(), found.ppl().reference(), 1e-3);
      assertEquals(direct.ppl().candidate(), found.ppl().candidate());
      assertEquals(List.of(), found.byLayer());
    }
  }

  @Test
  void everyTruncationIsRefused() throws IOException {
    byte[] whole = Files.readAllBytes(stored(TinyModel.of(1)));
    Path cut = folder.resolve("cut.kld");
    for (int length : new int[] {0, 7, 8, 19, 20, 500, whole.length - 1, whole.length + 1}) {
      Files.write(cut, Arrays.copyOf(whole, length));
      FormatException e = assertThrows(FormatException.class, () -> StoredLogits.open(cut));
      assertTrue(e.getMessage().startsWith(cut.toString()), e.getMessage());
    }
  }

  @Test
  void hostileNumbersAreRefused() throws IOException {
    byte[] whole = Files.readAllBytes(stored(TinyModel.of(1)));
    Path bad = folder.resolve("bad.kld");
    for (int field : new int[] {8, 12, 16}) {
      for (int value : new int[] {-1, 0, Integer.MIN_VALUE, Integer.MAX_VALUE, 1 << 24}) {
        ByteBuffer bytes = ByteBuffer.wrap(whole.clone()).order(ByteOrder.LITTLE_ENDIAN);
        Files.write(bad, bytes.putInt(field, value).array());
        FormatException e = assertThrows(FormatException.class, () -> StoredLogits.open(bad));
        assertTrue(e.getMessage().startsWith(bad.toString()), e.getMessage());
      }
    }
    int firstRow = 20 + 4 * CONTEXT * text().count();
    ByteBuffer bytes = ByteBuffer.wrap(whole.clone()).order(ByteOrder.LITTLE_ENDIAN);
    Files.write(bad, bytes.putFloat(firstRow, Float.NaN).array());
    try (StoredLogits stored = StoredLogits.open(bad)) {
      FormatException e =
          assertThrows(FormatException.class, () -> stored.row(0, new float[TinyModel.VOCABULARY]));
      assertTrue(e.getMessage().contains("a row has scale NaN"), e.getMessage());
    }
    ByteBuffer token = ByteBuffer.wrap(whole.clone()).order(ByteOrder.LITTLE_ENDIAN);
    Files.write(bad, token.putInt(24, -5).array());
    try (StoredLogits stored = StoredLogits.open(bad)) {
      FormatException e = assertThrows(FormatException.class, () -> stored.chunks(TinyModel.BOS));
      assertEquals(bad + " @0x18: token is -5, expected 0 to 82", e.getMessage());
    }
  }

  /// Finite numbers that are not probabilities.
  @ParameterizedTest
  @CsvSource({"0, 0.9", "0, 0", "4, -30", "4, 0", "4, 100"})
  void rowsMustAddUpToOne(int at, float value) throws IOException {
    Path bad = stored(TinyModel.of(1));
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(bad)).order(ByteOrder.LITTLE_ENDIAN);
    int secondRow = 20 + 4 * CONTEXT * text().count() + StoredLogits.rowBytes(TinyModel.VOCABULARY);
    Files.write(bad, bytes.putFloat(secondRow + at, value).array());
    try (StoredLogits stored = StoredLogits.open(bad);
        Engine engine = Engine.of(1)) {
      Comparison comparison =
          Comparison.of(
              new ReferenceSide.Stored(stored),
              List.of(TinyModel.of(1)),
              stored.chunks(TinyModel.BOS),
              ComparisonOptions.NONE);
      FormatException e =
          assertThrows(FormatException.class, () -> Divergences.run(comparison, engine));
      assertTrue(
          e.getMessage()
              .matches(
                  ".*base.kld @0x%x: the probabilities of a row add up to .*".formatted(secondRow)),
          e.getMessage());
    }
  }

  @Test
  void otherVocabulariesAreRefused() throws IOException {
    Path file = stored(TinyModel.of(1));
    byte[] bytes = Files.readAllBytes(file);
    assertFalse(StoredLogits.isOne(folder));
    assertFalse(StoredLogits.isOne(Files.writeString(folder.resolve("text"), "_logi")));
    // As many bytes per row, but one token fewer.
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(12, TinyModel.VOCABULARY + 1);
    Files.write(file, bytes);
    try (StoredLogits stored = StoredLogits.open(file)) {
      FormatException e =
          assertThrows(
              FormatException.class,
              () ->
                  Comparison.of(
                      new ReferenceSide.Stored(stored),
                      List.of(TinyModel.of(1)),
                      stored.chunks(TinyModel.BOS),
                      ComparisonOptions.NONE));
      assertEquals(
          "tiny.gguf: has 83 tokens, but " + file + " has 84: divergence needs the same vocabulary",
          e.getMessage());
    }
  }
}
