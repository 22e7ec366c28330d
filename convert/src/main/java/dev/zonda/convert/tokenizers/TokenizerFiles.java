package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.formats.CheckpointFolder;
import java.io.IOException;
import java.util.Optional;

/// The files of a checkpoint folder that say something about its tokenizer, where they are there
/// and not empty.
///
/// @param folder where they lie
/// @param tokenizer tokenizer.json
/// @param tokenizerConfig tokenizer_config.json
/// @param config config.json, which may name special tokens
record TokenizerFiles(
    CheckpointFolder folder,
    Optional<TokenizerJson> tokenizer,
    Optional<JsonFields> tokenizerConfig,
    JsonFields config) {

  static TokenizerFiles of(CheckpointFolder folder, JsonFields config) throws IOException {
    return new TokenizerFiles(
        folder, TokenizerJson.of(folder), object(folder, "tokenizer_config.json"), config);
  }

  /// tokenizer.json without its vocabulary and merges.
  Optional<JsonFields> tokenizerFields() throws IOException {
    return tokenizer.isPresent() ? Optional.of(tokenizer.get().fields()) : Optional.empty();
  }

  /// Another JSON object of the folder.
  Optional<JsonFields> object(String file) throws IOException {
    return object(folder, file);
  }

  private static Optional<JsonFields> object(CheckpointFolder folder, String file)
      throws IOException {
    var json = folder.json(file);
    if (json.isEmpty()) {
      return Optional.empty();
    }
    JsonFields fields = JsonFields.of(folder.path().resolve(file), json.get());
    return fields.isEmpty() ? Optional.empty() : Optional.of(fields);
  }
}
