package dev.zonda.convert.tokenizers.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.FormatException;
import dev.zonda.testdata.TestData;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Reads real models, and is not taken in by hostile ones: one line, bounded time and memory.
class SentencePieceModelTest {
  private static final Path FILE = Path.of("tokenizer.model");

  @Test
  void readsPiecesScoresAndTypes() throws IOException {
    SentencePieceModel model = parse(shakespeare());
    assertEquals(2048, model.pieces().size());
    assertEquals(
        new SentencePieceModel.Piece("<unk>", 0, TokenType.UNKNOWN), model.pieces().get(0));
    assertEquals(new SentencePieceModel.Piece("<s>", 0, TokenType.CONTROL), model.pieces().get(1));
    assertEquals(TokenType.BYTE, model.pieces().get(3).type());
    assertEquals(SentencePieceModel.Algorithm.BPE, model.algorithm());
    assertTrue(model.addsDummyPrefix());
  }

  @Test
  void readsWhatTheNormalizerAndTheTrainerSay() throws FormatException {
    byte[] piece = message(1, concat(text(1, "a"), real(2, -1.5f), number(3, 4)));
    byte[] trainer = message(2, concat(number(4, 17), number(3, 1)));
    byte[] normalizer = message(3, concat(text(1, "nfkc"), number(3, 0)));
    SentencePieceModel model = parse(concat(piece, trainer, normalizer));
    assertEquals(
        new SentencePieceModel.Piece("a", -1.5f, TokenType.USER_DEFINED), model.pieces().get(0));
    assertEquals(SentencePieceModel.Algorithm.UNIGRAM, model.algorithm());
    assertFalse(model.addsDummyPrefix());
  }

  @Test
  void skipsFieldsThatItDoesNotKnow() throws FormatException {
    byte[] piece = message(1, concat(number(200, 1L << 62), text(1, "a"), real(77, 1)));
    byte[] other = concat(text(99, "x".repeat(300)), number(5, 3));
    assertEquals("a", parse(concat(other, piece, other)).pieces().getFirst().text());
  }

  @Test
  void emptyPiecesWithoutEndAreRefused() {
    byte[] pieces = new byte[2 * ((1 << 20) + 1)];
    for (int i = 0; i < pieces.length; i += 2) {
      pieces[i] = 1 << 3 | 2;
    }
    FormatException e = assertThrows(FormatException.class, () -> parse(pieces));
    assertEquals("tokenizer.model: has more than 1048576 pieces", e.getMessage());
  }

  @Test
  void everyTruncationIsRefusedOrShorter() throws IOException {
    byte[] model = Arrays.copyOf(shakespeare(), 3000);
    for (int length = 0; length < model.length; length++) {
      byte[] cut = Arrays.copyOf(model, length);
      try {
        assertTrue(parse(cut).pieces().size() <= 300);
      } catch (FormatException e) {
        assertOneLine(e);
      }
    }
  }

  @Test
  void randomDamageIsRefusedOrHarmless() throws IOException {
    byte[] model = Arrays.copyOf(shakespeare(), 2000);
    Random random = new Random(20261122);
    for (int round = 0; round < 20_000; round++) {
      byte[] damaged = model.clone();
      for (int i = 0; i < 1 + round % 5; i++) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      try {
        parse(damaged);
      } catch (FormatException e) {
        assertOneLine(e);
      }
    }
  }

  @Test
  void namesWhatIsWrong() {
    assertProblem("holds no pieces", new byte[0]);
    assertProblem("@0x1: piece 0 takes 127 bytes, but 0 remain", 0x0a, 0x7f);
    assertProblem(
        "@0x1: piece 0 takes 18446744073709551615 bytes",
        0x0a,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0x01);
    assertProblem(
        "tag is a number of more than 64 bits",
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0x01);
    assertProblem("field number 0 is out of range", 0x02);
    assertProblem("piece 0 has wire type 0, expected 2", 0x08, 0x01);
    assertProblem("piece is not UTF-8", message(1, new byte[] {0x0a, 2, (byte) 0xc3, 0x28}));
    assertProblem("score is cut off", message(1, new byte[] {0x15, 0, 0}));
    assertProblem("score has wire type 1, expected 5", message(1, new byte[] {0x11, 0, 0}));
    assertProblem("field 9 has wire type 3", 0x4b);
    assertProblem("field 9 is cut off", 0x49, 0, 0);
    assertProblem("model_type is 9", concat(message(1, text(1, "a")), message(2, number(3, 9))));
  }

  private static void assertProblem(String expected, int... bytes) {
    byte[] file = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      file[i] = (byte) bytes[i];
    }
    assertProblem(expected, file);
  }

  private static void assertProblem(String expected, byte[] file) {
    FormatException e = assertThrows(FormatException.class, () -> parse(file), expected);
    assertTrue(e.getMessage().contains(expected), e.getMessage());
    assertOneLine(e);
  }

  private static void assertOneLine(FormatException e) {
    assertTrue(e.getMessage().startsWith("tokenizer.model"), e.getMessage());
    assertEquals(1, e.getMessage().lines().count());
  }

  private static SentencePieceModel parse(byte[] bytes) throws FormatException {
    return SentencePieceModel.parse(FILE, bytes);
  }

  private static byte[] shakespeare() throws IOException {
    return Files.readAllBytes(TestData.shakespeareMistral().resolve("tokenizer.model"));
  }

  private static byte[] number(int field, long value) {
    return concat(varint((long) field << 3), varint(value));
  }

  private static byte[] real(int field, float value) {
    byte[] bits = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(value).array();
    return concat(varint(((long) field << 3) | 5), bits);
  }

  private static byte[] text(int field, String value) {
    return message(field, value.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] message(int field, byte[] content) {
    return concat(varint(((long) field << 3) | 2), varint(content.length), content);
  }

  private static byte[] varint(long value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      out.write((int) ((rest & 0x7f) | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
    return out.toByteArray();
  }

  private static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
