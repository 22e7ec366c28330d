package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.files.AddedToken;
import dev.zonda.convert.tokenizers.files.TokenRoles;
import dev.zonda.convert.tokenizers.files.TokenType;
import dev.zonda.convert.tokenizers.files.TokenizerClass;
import dev.zonda.convert.tokenizers.files.TokenizerFiles;
import dev.zonda.convert.tokenizers.files.TokenizerJson;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.convert.tokenizers.files.Vocabulary;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/// Writes Gemma 4's vocabulary: pieces of tokenizer.json with its merges, instead of
/// SentencePiece's scores.
final class Gemma4Source {
  /// GGUF's name of such a vocabulary.
  static final String MODEL = "gemma4";

  /// Signs of a dialogue that are texts to llama.cpp, so that programs that read answers see them.
  private static final Set<String> VISIBLE =
      Set.of(
          "<|channel>",
          "<channel|>",
          "<|tool_call>",
          "<tool_call|>",
          "<|tool_response>",
          "<tool_response|>",
          "<|\"|>");

  private final TokenizerFiles files;
  private final int size;
  private final Fidelity fidelity;
  private final Notes notes;

  Gemma4Source(TokenizerFiles files, int size, Fidelity fidelity, Notes notes) {
    this.files = files;
    this.size = size;
    this.fidelity = fidelity;
    this.notes = notes;
  }

  void write(Metadata.Builder metadata) throws IOException {
    if (!SentencePieceSource.hasPieces(files)) {
      throw FormatException.in(
          files.folder().path(),
          "has no tokenizer.json with pieces and their bytes, which this family's vocabulary is"
              + " read from");
    }
    TokenizerJson json = files.tokenizer().orElseThrow();
    AddedVocabulary added =
        AddedVocabulary.of(
            files, TokenizerClass.of(files), HuggingFaceVocabulary.ids(json), fidelity, notes);
    Vocabulary vocabulary = vocabulary(json, added);
    metadata
        .putText(TokenizerKeys.MODEL, MODEL)
        .put(TokenizerKeys.TOKENS, vocabulary.tokens())
        .put(TokenizerKeys.SCORES, vocabulary.scores())
        .put(TokenizerKeys.TOKEN_TYPE, vocabulary.types());
    if (!json.merges().isEmpty()) {
      metadata.put(TokenizerKeys.MERGES, MetadataValue.Array.ofStrings(json.merges()));
    }
    RoleCorrection correction =
        new RoleCorrection(
            ImpliedRoles.NONE, vocabulary.size(), added::id, vocabulary::text, notes);
    RoleKeys.write(
        files,
        OptionalInt.empty(),
        NamedRoles.NONE,
        OptionalInt.empty(),
        correction,
        fidelity,
        notes,
        metadata);
    if (fidelity == Fidelity.CORRECTED) {
      AddedTokenFlags.write(vocabulary.texts(), added.byId(), notes, metadata);
    }
    metadata.putBool(TokenizerKeys.ADD_SPACE_PREFIX, false);
    if (fidelity == Fidelity.CORRECTED
        && metadata.build().bool(TokenizerKeys.ADD_BOS).equals(Optional.of(false))) {
      notes.add(
          "tokenizer.json puts no BOS before a text: %s is true all the same, since llama.cpp adds"
                  .formatted(TokenizerKeys.ADD_BOS)
              + " one in this family, whatever a file says");
    }
    metadata.putBool(TokenizerKeys.ADD_BOS, true);
  }

  private Vocabulary vocabulary(TokenizerJson json, AddedVocabulary added) throws IOException {
    Vocabulary vocabulary =
        HuggingFaceVocabulary.asReference(
            json, added, TokenRoles.of(files, TokenizerClass.of(files)).all());
    if (fidelity == Fidelity.CORRECTED) {
      if (vocabulary.size() > size) {
        notes.add(
            "tokenizer.json has %d tokens, but the model %d: those from %d on are left out"
                .formatted(vocabulary.size(), size, size));
      }
      vocabulary.padTo(size);
      vocabulary.truncateTo(size);
      describe(vocabulary, added);
    }
    for (int id = 0; id < vocabulary.size(); id++) {
      if (VISIBLE.contains(vocabulary.text(id))) {
        vocabulary.set(id, vocabulary.text(id), vocabulary.score(id), TokenType.USER_DEFINED);
      }
    }
    return vocabulary;
  }

  /// Added tokens are looked for in texts, whether they are special or not; the reference takes
  /// those without a role for pieces.
  private void describe(Vocabulary vocabulary, AddedVocabulary added) {
    int plain = 0;
    for (Map.Entry<Integer, AddedToken> entry : added.byId().entrySet()) {
      int id = entry.getKey();
      if (id < vocabulary.size()) {
        TokenType type = entry.getValue().special() ? TokenType.CONTROL : TokenType.USER_DEFINED;
        boolean isOther = vocabulary.type(id) != type && !VISIBLE.contains(vocabulary.text(id));
        plain += isOther ? 1 : 0;
        vocabulary.set(id, entry.getValue().content(), vocabulary.score(id), type);
      }
    }
    if (plain > 0) {
      notes.add(
          "%d added tokens are looked for in texts, as in transformers; llama.cpp's converter takes"
                  .formatted(plain)
              + " them for pieces of words, or for signs to the model (--as-reference)");
    }
  }
}
