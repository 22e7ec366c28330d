package dev.zonda.convert.tokenizers;

import dev.zonda.convert.tokenizers.files.SentencePieceModel;
import dev.zonda.convert.tokenizers.files.TokenType;
import dev.zonda.convert.tokenizers.files.Vocabulary;
import dev.zonda.formats.FormatException;
import java.nio.file.Path;
import java.util.List;

/// What ChatGLM's tokenizer makes of its pieces: the first three have names of its own, and special
/// tokens follow that no file lists.
final class ChatGlmPieces {
  private static final List<String> FIRST = List.of("<unk>", "<bos>", "<eos>");

  private static final List<String> SPECIAL =
      List.of(
          "[MASK]",
          "[gMASK]",
          "[sMASK]",
          "sop",
          "eop",
          "<|system|>",
          "<|user|>",
          "<|assistant|>",
          "<|observation|>");

  /// Those that begin a text.
  static final List<String> BEGINNING = List.of("[gMASK]", "sop");

  private ChatGlmPieces() {}

  /// Completes the pieces of a model.
  ///
  /// @param vocabulary those pieces, padded
  /// @throws FormatException if there is no room for the special tokens
  static void complete(Vocabulary vocabulary, SentencePieceModel model, Path file)
      throws FormatException {
    int pieces = model.pieces().size();
    if (pieces < FIRST.size() || pieces + SPECIAL.size() > vocabulary.size()) {
      throw FormatException.in(
          file,
          "has %d pieces, expected at least %d, and at most %d: %d special ones follow"
              .formatted(pieces, FIRST.size(), vocabulary.size() - SPECIAL.size(), SPECIAL.size()));
    }
    for (int id = 0; id < FIRST.size(); id++) {
      vocabulary.set(id, FIRST.get(id), vocabulary.score(id), vocabulary.type(id));
    }
    for (int id = pieces; id < vocabulary.size(); id++) {
      int special = id - pieces;
      if (special < SPECIAL.size()) {
        vocabulary.set(id, SPECIAL.get(special), 0, TokenType.CONTROL);
      } else {
        vocabulary.set(id, vocabulary.text(id), 0, TokenType.UNUSED);
      }
    }
  }
}
