package dev.zonda.convert.tokenizers.files;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.formats.checkpoint.CheckpointFolder;
import java.io.IOException;
import java.util.Optional;

/// The files of a checkpoint folder that say something about its tokenizer, where they are there
/// and not empty.
///
/// @param folder where they lie
/// @param tokenizer tokenizer.json
/// @param tokenizerConfig tokenizer_config.json
/// @param specialTokensMap special_tokens_map.json
/// @param config config.json, which may name special tokens
public record TokenizerFiles(
    CheckpointFolder folder,
    Optional<TokenizerJson> tokenizer,
    Optional<JsonFields> tokenizerConfig,
    Optional<JsonFields> specialTokensMap,
    JsonFields config) {
  public static final String CONFIG = "tokenizer_config.json";
  static final String SPECIAL_TOKENS_MAP = "special_tokens_map.json";
  public static final String ADDED_TOKENS = "added_tokens.json";

  public static TokenizerFiles of(CheckpointFolder folder, JsonFields config) throws IOException {
    return new TokenizerFiles(
        folder,
        TokenizerJson.of(folder),
        object(folder, CONFIG),
        object(folder, SPECIAL_TOKENS_MAP),
        config);
  }

  /// tokenizer.json without its vocabulary and merges.
  public Optional<JsonFields> tokenizerFields() throws IOException {
    return tokenizer.isPresent() ? Optional.of(tokenizer.get().fields()) : Optional.empty();
  }

  /// The added tokens that tokenizer_config.json describes by their ids. Where it has none,
  /// transformers reads special_tokens_map.json and added_tokens.json instead.
  public Optional<JsonFields> addedTokensDecoder() throws IOException {
    return tokenizerConfig.isPresent()
        ? tokenizerConfig.get().object("added_tokens_decoder")
        : Optional.empty();
  }

  /// Another JSON object of the folder.
  public Optional<JsonFields> object(String file) throws IOException {
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
