package dev.zonda.convert.tokenizers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.tokenizers.files.SentencePieceModel;
import dev.zonda.convert.tokenizers.files.SentencePieceModel.Piece;
import dev.zonda.convert.tokenizers.files.TokenType;
import dev.zonda.convert.tokenizers.files.Vocabulary;
import dev.zonda.formats.FormatException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The special tokens behind ChatGLM's pieces.
class ChatGlmPiecesTest {
  private static final List<Piece> PIECES =
      List.of(
          new Piece("<unk>", 0, TokenType.UNKNOWN),
          new Piece("<s>", 0, TokenType.CONTROL),
          new Piece("</s>", 0, TokenType.CONTROL),
          new Piece("a", -1, TokenType.NORMAL));

  private static Vocabulary completed(List<Piece> pieces, int size) throws FormatException {
    Vocabulary vocabulary = new Vocabulary();
    pieces.forEach(piece -> vocabulary.add(piece.text(), piece.score(), piece.type()));
    vocabulary.padTo(size);
    ChatGlmPieces.complete(
        vocabulary,
        new SentencePieceModel(pieces, SentencePieceModel.Algorithm.BPE, true),
        Path.of("tokenizer.model"));
    return vocabulary;
  }

  @Test
  void theyFollowAtOnce() throws FormatException {
    Vocabulary vocabulary = completed(PIECES, 14);
    assertEquals(
        List.of(
            "<unk>",
            "<bos>",
            "<eos>",
            "a",
            "[MASK]",
            "[gMASK]",
            "[sMASK]",
            "sop",
            "eop",
            "<|system|>",
            "<|user|>",
            "<|assistant|>",
            "<|observation|>",
            "[PAD13]"),
        vocabulary.texts());
    assertEquals(TokenType.CONTROL, vocabulary.type(12));
    assertEquals(TokenType.UNUSED, vocabulary.type(13));
    assertEquals(0, vocabulary.score(13));
  }

  @Test
  void theyNeedRoom() {
    FormatException refused = assertThrows(FormatException.class, () -> completed(PIECES, 12));
    assertTrue(
        refused.getMessage().contains("has 4 pieces, expected at least 3, and at most 3"),
        refused.getMessage());
    assertThrows(FormatException.class, () -> completed(PIECES.subList(0, 2), 12));
  }
}
