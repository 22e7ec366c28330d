package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.files.SentencePieceModel;
import dev.zonda.convert.tokenizers.files.TokenType;
import dev.zonda.convert.tokenizers.files.Vocabulary;
import dev.zonda.formats.FormatException;
import java.nio.file.Path;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// The vocabulary of `tokenizer.model`, with the tokens that `added_tokens.json` and
/// `tokenizer_config.json` add or replace, padded to the model's vocabulary size.
final class SentencePieceVocabulary {
  private static final float ADDED_SCORE = -1000f;

  /// What becomes of pieces that users defined, which are looked for in texts first.
  enum UserDefined {
    /// As in llama.cpp's converter.
    NORMAL,
    KEPT
  }

  private final Vocabulary vocabulary = new Vocabulary();
  private final int size;
  private final Special special;
  private final Notes notes;

  /// Which of the added tokens are control tokens.
  enum Special {
    /// Those that the files call special.
    AS_FLAGGED,
    /// The same, with the scores that such pieces have; the unknown token stays what it is.
    AS_PIECES,
    /// Also those that look like one.
    BY_TEXT_TOO
  }

  SentencePieceVocabulary(int size, Special special, Notes notes) {
    this.size = size;
    this.special = special;
    this.notes = notes;
  }

  /// The result, after all that was added.
  Vocabulary vocabulary() {
    return vocabulary;
  }

  /// Begins with the model's pieces, padded to the model's size.
  void addPieces(SentencePieceModel model, UserDefined userDefined) {
    if (model.pieces().size() > size) {
      notes.add(
          "tokenizer.model: the pieces from %d on are left out, since the model has %d tokens"
              .formatted(size, size));
    }
    for (SentencePieceModel.Piece piece :
        model.pieces().subList(0, Math.min(size, model.pieces().size()))) {
      boolean isLost = piece.type() == TokenType.USER_DEFINED && userDefined == UserDefined.NORMAL;
      boolean isKept = piece.type() == TokenType.USER_DEFINED && !isLost;
      vocabulary.add(
          isKept ? AddedTokens.withSpaces(piece.text()) : piece.text(),
          piece.score(),
          isLost ? TokenType.NORMAL : piece.type());
    }
    vocabulary.padTo(size);
  }

  /// Tokens of added_tokens.json and tokenizer_config.json.
  void addFiles(Optional<JsonFields> addedTokens, Optional<JsonFields> tokenizerConfig)
      throws FormatException {
    if (addedTokens.isPresent()) {
      addAddedTokens(addedTokens.get());
    }
    if (tokenizerConfig.isPresent()) {
      addDecoder(tokenizerConfig.get());
    }
  }

  /// Tokens of tokenizer.json's `added_tokens`.
  void addAll(JsonFields tokenizer) throws FormatException {
    for (JsonFields token : tokenizer.objects("added_tokens")) {
      add(tokenizer.file(), token.integer("id").orElse(-1), token);
    }
  }

  private void addAddedTokens(JsonFields addedTokens) throws FormatException {
    for (var token : addedTokens.fields()) {
      long id = addedTokens.integer(token.getKey()).orElse(-1);
      if (isInRange(addedTokens.file(), id, token.getKey())) {
        vocabulary.set((int) id, token.getKey(), ADDED_SCORE, TokenType.USER_DEFINED);
      }
    }
  }

  private void addDecoder(JsonFields tokenizerConfig) throws FormatException {
    Optional<JsonFields> decoder = tokenizerConfig.object("added_tokens_decoder");
    if (decoder.isEmpty()) {
      return;
    }
    for (var entry : decoder.get().fields()) {
      JsonFields token = decoder.get().child(entry.getKey(), entry.getValue());
      add(tokenizerConfig.file(), AddedVocabulary.id(decoder.get(), entry.getKey()), token);
    }
  }

  private void add(Path file, long id, JsonFields token) throws FormatException {
    String content =
        token
            .text("content")
            .orElseThrow(() -> token.problem("content", "is missing, expected a string"));
    if (!isInRange(file, id, content)) {
      return;
    }
    boolean replaced =
        vocabulary.type((int) id) != TokenType.UNUSED && !vocabulary.text((int) id).equals(content);
    if (replaced) {
      notes.add(
          "%s: token %d is '%s', which replaces '%s'"
              .formatted(file.getFileName(), id, content, vocabulary.text((int) id)));
    }
    set(vocabulary, (int) id, content, isTrue(token, "special"), special);
  }

  /// Gives added tokens their texts and types in a vocabulary.
  static void describe(Vocabulary vocabulary, AddedVocabulary added, Special special) {
    added
        .byId()
        .forEach((id, token) -> {
          if (id < vocabulary.size()) {
            set(vocabulary, id, token.content(), token.special(), special);
          }
        });
  }

  private static void set(
      Vocabulary vocabulary, int id, String content, boolean isSpecial, Special special) {
    if (special == Special.AS_PIECES) {
      setLikePiece(vocabulary, id, content, isSpecial);
      return;
    }
    boolean looks = special == Special.BY_TEXT_TOO && AddedTokens.looksSpecial(content);
    boolean control = isSpecial || looks;
    boolean spaced = !control && special == Special.BY_TEXT_TOO;
    vocabulary.set(
        id,
        spaced ? AddedTokens.withSpaces(content) : content,
        ADDED_SCORE,
        control ? TokenType.CONTROL : TokenType.USER_DEFINED);
  }

  private static void setLikePiece(
      Vocabulary vocabulary, int id, String content, boolean isSpecial) {
    boolean isUnknown =
        vocabulary.type(id) == TokenType.UNKNOWN && vocabulary.text(id).equals(content);
    TokenType type = isUnknown ? TokenType.UNKNOWN : TokenType.CONTROL;
    vocabulary.set(
        id,
        content,
        isSpecial ? 0 : Vocabulary.PADDING_SCORE,
        isSpecial ? type : TokenType.USER_DEFINED);
  }

  private static boolean isTrue(JsonFields token, String field) {
    return token.get(field).filter(JsonNode::isBoolean).map(JsonNode::booleanValue).orElse(false);
  }

  private boolean isInRange(Path file, long id, String content) throws FormatException {
    if (id < 0) {
      throw FormatException.in(
          file, "token '" + content + "' has id " + id + ", expected 0 or more");
    }
    if (id >= size) {
      notes.add(
          "%s: token %d '%s' is left out, since the model has %d tokens"
              .formatted(file.getFileName(), id, content, size));
    }
    return id < size;
  }
}
