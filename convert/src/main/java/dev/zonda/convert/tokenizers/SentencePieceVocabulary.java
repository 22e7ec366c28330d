package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.formats.FormatException;
import java.nio.file.Path;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// The vocabulary of `tokenizer.model`, with the tokens that `added_tokens.json` and
/// `tokenizer_config.json` add or replace, padded to the model's vocabulary size.
final class SentencePieceVocabulary {
  private static final float ADDED_SCORE = -1000f;

  private final Vocabulary vocabulary = new Vocabulary();
  private final int size;
  private final Notes notes;

  private SentencePieceVocabulary(int size, Notes notes) {
    this.size = size;
    this.notes = notes;
  }

  static Vocabulary of(
      SentencePieceModel model,
      int size,
      Optional<JsonFields> addedTokens,
      Optional<JsonFields> tokenizerConfig,
      Notes notes)
      throws FormatException {
    SentencePieceVocabulary builder = new SentencePieceVocabulary(size, notes);
    builder.addPieces(model);
    builder.vocabulary.padTo(size);
    if (addedTokens.isPresent()) {
      builder.addAddedTokens(addedTokens.get());
    }
    if (tokenizerConfig.isPresent()) {
      builder.addDecoder(tokenizerConfig.get());
    }
    return builder.vocabulary;
  }

  private void addPieces(SentencePieceModel model) {
    if (model.pieces().size() > size) {
      notes.add(
          "tokenizer.model: the pieces from %d on are left out: the model has %d tokens"
              .formatted(size, size));
    }
    for (SentencePieceModel.Piece piece :
        model.pieces().subList(0, Math.min(size, model.pieces().size()))) {
      // The reference takes pieces that users defined for normal ones.
      TokenType type = piece.type() == TokenType.USER_DEFINED ? TokenType.NORMAL : piece.type();
      vocabulary.add(piece.text(), piece.score(), type);
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
      String content =
          token.text("content").orElseThrow(() -> token.problem("content", "is missing"));
      long id = id(decoder.get(), entry.getKey());
      if (!isInRange(tokenizerConfig.file(), id, content)) {
        continue;
      }
      boolean replaced =
          vocabulary.type((int) id) != TokenType.UNUSED
              && !vocabulary.text((int) id).equals(content);
      if (replaced) {
        notes.add(
            "tokenizer_config.json: token %d is '%s', which replaces '%s'"
                .formatted(id, content, vocabulary.text((int) id)));
      }
      boolean control = isTrue(token, "special") || AddedTokens.looksSpecial(content);
      vocabulary.set(
          (int) id,
          control ? content : AddedTokens.withSpaces(content),
          ADDED_SCORE,
          control ? TokenType.CONTROL : TokenType.USER_DEFINED);
    }
  }

  private static boolean isTrue(JsonFields token, String field) {
    return token.get(field).filter(JsonNode::isBoolean).map(JsonNode::booleanValue).orElse(false);
  }

  private static long id(JsonFields decoder, String key) throws FormatException {
    try {
      return Long.parseLong(key.strip());
    } catch (NumberFormatException e) {
      throw decoder.problem(key, "is no token id");
    }
  }

  private boolean isInRange(Path file, long id, String content) throws FormatException {
    if (id < 0) {
      throw FormatException.in(file, "token '" + content + "' has id " + id);
    }
    if (id >= size) {
      notes.add(
          "%s: token %d '%s' is left out: the model has %d tokens"
              .formatted(file.getFileName(), id, content, size));
    }
    return id < size;
  }
}
