package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.Notes;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalInt;

/// Writes a SentencePiece vocabulary: from `tokenizer.model`, else from `tokenizer.json`.
final class SentencePieceSource {
  private static final String MODEL_FILE = "tokenizer.model";

  private final TokenizerFiles files;
  private final int size;
  private final Fidelity fidelity;
  private final Notes notes;

  SentencePieceSource(TokenizerFiles files, int size, Fidelity fidelity, Notes notes) {
    this.files = files;
    this.size = size;
    this.fidelity = fidelity;
    this.notes = notes;
  }

  void write(Metadata.Builder metadata) throws IOException {
    write(vocabulary(Optional.of(metadata)), metadata);
  }

  /// Writes a vocabulary whose model never wants a space before a text.
  void writeWithoutPrefix(Metadata.Builder metadata) throws IOException {
    write(vocabulary(Optional.empty()), metadata);
    metadata.putBool(TokenizerKeys.ADD_SPACE_PREFIX, false);
  }

  /// Writes the vocabulary of Phi-3, whose added tokens are also in tokenizer.json.
  void writePhi(Metadata.Builder metadata) throws IOException {
    if (!files.folder().has(MODEL_FILE)) {
      throw FormatException.in(files.folder().path(), "has no " + MODEL_FILE);
    }
    SentencePieceVocabulary vocabulary =
        new SentencePieceVocabulary(size, SentencePieceVocabulary.Special.AS_FLAGGED, notes);
    vocabulary.addPieces(model(Optional.of(metadata)));
    vocabulary.addFiles(files.object("added_tokens.json"), files.tokenizerConfig());
    if (files.tokenizer().isPresent()) {
      vocabulary.addAll(files.tokenizer().get().fields());
    }
    write(vocabulary.vocabulary(), metadata);
  }

  private void write(Vocabulary vocabulary, Metadata.Builder metadata) throws IOException {
    metadata
        .putText(TokenizerKeys.MODEL, "llama")
        .putText(TokenizerKeys.PRE, "default")
        .put(TokenizerKeys.TOKENS, vocabulary.tokens())
        .put(TokenizerKeys.SCORES, vocabulary.scores())
        .put(TokenizerKeys.TOKEN_TYPE, vocabulary.types());
    VocabularySource.writeRoles(files, OptionalInt.of(vocabulary.size()), notes, metadata);
    if (fidelity == Fidelity.CORRECTED) {
      StrippedSpace.write(files, vocabulary.texts(), notes, metadata);
    }
  }

  /// @param prefix where to write that there is no space before a text, if the model says so
  private Vocabulary vocabulary(Optional<Metadata.Builder> prefix) throws IOException {
    if (!files.folder().has(MODEL_FILE)) {
      return HuggingFaceVocabulary.of(
          files.tokenizer().orElseThrow(), files.tokenizerConfig(), size, fidelity, notes);
    }
    SentencePieceVocabulary vocabulary =
        new SentencePieceVocabulary(size, SentencePieceVocabulary.Special.BY_TEXT_TOO, notes);
    vocabulary.addPieces(model(prefix));
    vocabulary.addFiles(files.object("added_tokens.json"), files.tokenizerConfig());
    return vocabulary.vocabulary();
  }

  private SentencePieceModel model(Optional<Metadata.Builder> prefix) throws IOException {
    byte[] bytes = files.folder().bytes(MODEL_FILE).orElseThrow();
    SentencePieceModel model =
        SentencePieceModel.parse(files.folder().path().resolve(MODEL_FILE), bytes);
    if (model.algorithm() != SentencePieceModel.Algorithm.BPE) {
      notes.add(
          MODEL_FILE
              + " is a "
              + model.algorithm()
              + " model: programs that read GGUF apply it as byte-pair encoding");
    }
    Optional<Boolean> says = Optional.empty();
    if (files.tokenizerConfig().isPresent()) {
      says = files.tokenizerConfig().get().bool("add_prefix_space");
    }
    boolean silent = prefix.isPresent() && says.isEmpty();
    if (fidelity == Fidelity.CORRECTED && silent && !model.addsDummyPrefix()) {
      notes.add(
          MODEL_FILE
              + " adds no space before a text: written as "
              + TokenizerKeys.ADD_SPACE_PREFIX
              + "; the reference drops it");
      prefix.get().putBool(TokenizerKeys.ADD_SPACE_PREFIX, false);
    }
    return model;
  }
}
