package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.files.AddedToken;
import dev.zonda.convert.tokenizers.files.TokenType;
import dev.zonda.convert.tokenizers.files.Vocabulary;
import dev.zonda.convert.tokenizers.words.ByteAlphabet;
import java.nio.charset.StandardCharsets;

/// The tokens of a byte-level vocabulary, with those that were added to it, as GGUF has them.
final class BytePairVocabulary {
  private BytePairVocabulary() {}

  /// Which added tokens are control tokens.
  enum Controls {
    /// Those that are special.
    FLAGGED,
    /// Those that are special, and those that look so, as most of llama.cpp's converters have it.
    FLAGGED_OR_ALIKE,
    /// The same of pieces, whose characters are those of texts.
    PIECES;

    static Controls of(VocabularyForm form) {
      if (form == VocabularyForm.SARVAM) {
        return PIECES;
      }
      return form == VocabularyForm.FLAGGED || form == VocabularyForm.LLADA
          ? FLAGGED
          : FLAGGED_OR_ALIKE;
    }
  }

  /// All tokens with their types. Ids that nothing names, up to the model's size, are unused.
  ///
  /// @param base texts by id; null where an id has none
  /// @param size tokens that the model has
  static Vocabulary of(
      String[] base, AddedVocabulary added, int size, Controls controls, Notes notes) {
    int count = Math.max(base.length, 1 + added.byId().keySet().stream().reduce(-1, Math::max));
    if (count > size) {
      notes.add(
          "the vocabulary has %d tokens, but the model %d: those from %d on are left out"
              .formatted(count, size, size));
    }
    Vocabulary vocabulary = new Vocabulary();
    var byId = added.byId();
    for (int id = 0; id < size; id++) {
      if (byId.containsKey(id)) {
        add(vocabulary, byId.get(id), controls);
      } else if (id < base.length && base[id] != null) {
        vocabulary.add(base[id], 0, TokenType.NORMAL);
      } else {
        vocabulary.add("[PAD" + id + "]", 0, TokenType.UNUSED);
      }
    }
    return vocabulary;
  }

  private static String decoded(String content, Controls controls) {
    return controls == Controls.PIECES
        ? content.replace(SentencePieceTokenizer.SPACE_SIGN, ' ')
        : new String(ByteAlphabet.decode(content), StandardCharsets.UTF_8);
  }

  /// Tokens that were added are written as they stand in a text.
  private static void add(Vocabulary vocabulary, AddedToken token, Controls controls) {
    if (controls == Controls.FLAGGED) {
      vocabulary.add(
          token.content(), 0, token.special() ? TokenType.CONTROL : TokenType.USER_DEFINED);
      return;
    }
    String text = token.normalized() ? token.content() : decoded(token.content(), controls);
    if (token.special() || AddedTokens.looksSpecial(text)) {
      vocabulary.add(text, 0, TokenType.CONTROL);
    } else {
      vocabulary.add(AddedTokens.withSpaces(text), 0, TokenType.USER_DEFINED);
    }
  }
}
