package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.formats.CheckpointFolder;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// Turns the SentencePiece vocabulary of a checkpoint folder into GGUF's tokenizer keys, in the
/// reference's order.
public final class SentencePieceSource {
  private static final String MODEL_FILE = "tokenizer.model";
  private static final String TOKENIZER_FILE = "tokenizer.json";
  private static final String CONFIG_FILE = "tokenizer_config.json";

  /// Code Llama's vocabulary, known by its size, has an end-of-turn token that no file names.
  private static final int CODE_LLAMA_SIZE = 32016;

  private static final int CODE_LLAMA_EOT = 32010;

  /// Granite's small models share Llama's architecture, but not its BOS.
  private static final int GRANITE_SIZE = 49152;

  private static final List<SpecialTokenKind> USUAL_KINDS =
      Arrays.stream(SpecialTokenKind.values())
          .filter(kind -> kind != SpecialTokenKind.EOT && kind != SpecialTokenKind.EOM)
          .toList();

  private final CheckpointFolder folder;
  private final JsonFields config;
  private final int size;
  private final Fidelity fidelity;
  private final Notes notes;
  private final Optional<JsonFields> tokenizer;
  private final Optional<JsonFields> tokenizerConfig;

  private SentencePieceSource(
      CheckpointFolder folder, JsonFields config, int size, Fidelity fidelity, Notes notes)
      throws IOException {
    this.folder = folder;
    this.config = config;
    this.size = size;
    this.fidelity = fidelity;
    this.notes = notes;
    this.tokenizer = object(TOKENIZER_FILE);
    this.tokenizerConfig = object(CONFIG_FILE);
  }

  /// Writes the keys.
  ///
  /// @param config the folder's config.json, which may name special tokens
  /// @param size tokens that the model has: rows of its embedding
  /// @throws FormatException if the folder has no SentencePiece vocabulary or a broken one
  public static void write(
      Metadata.Builder metadata,
      CheckpointFolder folder,
      JsonFields config,
      int size,
      Fidelity fidelity,
      Notes notes)
      throws IOException {
    new SentencePieceSource(folder, config, size, fidelity, notes).write(metadata);
  }

  private void write(Metadata.Builder metadata) throws IOException {
    if (tokenizerConfig.isPresent()) {
      tokenizerConfig
          .get()
          .bool("add_prefix_space")
          .ifPresent(adds -> metadata.putBool(TokenizerKeys.ADD_SPACE_PREFIX, adds));
    }
    Vocabulary vocabulary = vocabulary(metadata);
    vocabulary.write(metadata);
    SpecialTokens special =
        new SpecialTokens(USUAL_KINDS, OptionalInt.of(vocabulary.size()), notes);
    special.read(tokenizer, tokenizerConfig, config);
    special.write(metadata);
    if (tokenizerConfig.isPresent()) {
      ChatTemplates.of(folder, tokenizerConfig.get(), notes).write(metadata);
    }
    new Normalizers().read(tokenizer).write(metadata);
    if (size == CODE_LLAMA_SIZE) {
      SpecialTokens turns =
          new SpecialTokens(List.of(SpecialTokenKind.EOT), OptionalInt.empty(), notes);
      turns.read(tokenizer, tokenizerConfig, config);
      turns.setId(SpecialTokenKind.EOT, CODE_LLAMA_EOT);
      turns.write(metadata);
    }
    if (size == GRANITE_SIZE) {
      metadata.putBool(TokenizerKeys.ADD_BOS, false);
    }
  }

  private Vocabulary vocabulary(Metadata.Builder metadata) throws IOException {
    Optional<byte[]> model = folder.bytes(MODEL_FILE);
    if (model.isPresent()) {
      return sentencePiece(
          SentencePieceModel.parse(folder.path().resolve(MODEL_FILE), model.get()), metadata);
    }
    if (tokenizer.isEmpty()) {
      throw FormatException.in(
          folder.path(),
          "has no vocabulary: expected "
              + MODEL_FILE
              + " or "
              + TOKENIZER_FILE
              + " beside config.json");
    }
    if (!HuggingFaceVocabulary.accepts(tokenizer.get())) {
      throw FormatException.in(
          tokenizer.get().file(),
          "holds a vocabulary that is not SentencePiece's (BPE with byte_fallback and a decoder"
              + " sequence); other kinds cannot be converted");
    }
    return HuggingFaceVocabulary.of(tokenizer.get(), tokenizerConfig, size, fidelity, notes);
  }

  private Vocabulary sentencePiece(SentencePieceModel model, Metadata.Builder metadata)
      throws IOException {
    if (model.algorithm() != SentencePieceModel.Algorithm.BPE) {
      notes.add(
          MODEL_FILE
              + " is a "
              + model.algorithm()
              + " model: programs that read GGUF apply it as byte-pair encoding");
    }
    boolean silent = tokenizerConfig.isEmpty() || !tokenizerConfig.get().has("add_prefix_space");
    if (fidelity == Fidelity.CORRECTED && silent && !model.addsDummyPrefix()) {
      notes.add(
          MODEL_FILE
              + " adds no space before a text: written as "
              + TokenizerKeys.ADD_SPACE_PREFIX
              + "; the reference drops it");
      metadata.putBool(TokenizerKeys.ADD_SPACE_PREFIX, false);
    }
    return SentencePieceVocabulary.of(
        model, size, object("added_tokens.json"), tokenizerConfig, notes);
  }

  private Optional<JsonFields> object(String file) throws IOException {
    var json = folder.json(file);
    if (json.isEmpty()) {
      return Optional.empty();
    }
    JsonFields fields = JsonFields.of(folder.path().resolve(file), json.get());
    return fields.isEmpty() ? Optional.empty() : Optional.of(fields);
  }
}
