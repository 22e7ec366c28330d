package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.files.RankedVocabulary;
import dev.zonda.convert.tokenizers.files.TokenRoles;
import dev.zonda.convert.tokenizers.files.TokenType;
import dev.zonda.convert.tokenizers.files.TokenizerFiles;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.convert.tokenizers.files.Vocabulary;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// Writes the vocabulary of Kimi: `tiktoken.model`, a list of ranks, and behind them special tokens
/// that tokenizer_config.json names.
final class RankedSource {
  static final String MODEL = "tiktoken.model";

  private static final String PRE_TOKENIZER = "kimi-k2";

  /// Special tokens; those that no file names are reserved.
  private static final int SPECIAL = 256;

  private final TokenizerFiles files;
  private final int size;
  private final Optional<String> preTokenizer;
  private final Fidelity fidelity;
  private final Notes notes;

  /// @param size tokens that the model has
  /// @param preTokenizer GGUF's name for the way to cut words, if the user gives it
  RankedSource(
      TokenizerFiles files,
      int size,
      Optional<String> preTokenizer,
      Fidelity fidelity,
      Notes notes) {
    this.files = files;
    this.size = size;
    this.preTokenizer = preTokenizer;
    this.fidelity = fidelity;
    this.notes = notes;
  }

  void write(Metadata.Builder metadata) throws IOException {
    RankedVocabulary ranked =
        RankedVocabulary.parse(
            files.folder().path().resolve(MODEL), files.folder().bytes(MODEL).orElseThrow());
    int base = ranked.words().size();
    if (base > size) {
      throw FormatException.in(
          files.folder().path().resolve(MODEL),
          "has %d tokens, but the model only %d".formatted(base, size));
    }
    Map<String, Integer> ids = new HashMap<>();
    Vocabulary vocabulary = new Vocabulary();
    ranked.words().forEach(word -> vocabulary.add(word, 0, TokenType.NORMAL));
    Map<Integer, String> named = named();
    for (int id = base; id < Math.min(size, base + SPECIAL); id++) {
      String text = named.getOrDefault(id, "<|reserved_token_%d|>".formatted(id));
      vocabulary.add(text, 0, TokenType.CONTROL);
      ids.put(text, id);
    }
    vocabulary.padTo(size);
    metadata
        .putText(TokenizerKeys.MODEL, "gpt2")
        .putText(TokenizerKeys.PRE, preTokenizer.orElse(PRE_TOKENIZER))
        .put(TokenizerKeys.TOKENS, vocabulary.tokens())
        .put(TokenizerKeys.TOKEN_TYPE, vocabulary.types())
        .put(TokenizerKeys.MERGES, MetadataValue.Array.ofStrings(ranked.lastMerges()));
    RoleCorrection correction =
        new RoleCorrection(
            ImpliedRoles.bytes(PRE_TOKENIZER),
            size,
            text -> ids.containsKey(text) ? OptionalInt.of(ids.get(text)) : OptionalInt.empty(),
            vocabulary::text,
            notes);
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
      writeWholeWords(metadata);
    }
  }

  /// A word that is a token is taken whole. That matters only for tokens whose parts do not merge
  /// to them.
  private void writeWholeWords(Metadata.Builder metadata) throws IOException {
    if (!BytePairTokenizer.of(metadata.build()).mergesToEveryToken()) {
      notes.add(
          "some tokens are not merged from their parts: written as %s; llama.cpp's converter"
                  .formatted(TokenizerKeys.IGNORE_MERGES)
              + " drops it (--as-reference)");
      metadata.putBool(TokenizerKeys.IGNORE_MERGES, true);
    }
  }

  private Map<Integer, String> named() throws IOException {
    Map<Integer, String> named = new HashMap<>();
    Optional<JsonFields> decoder = files.addedTokensDecoder();
    if (decoder.isEmpty()) {
      return named;
    }
    for (var token : decoder.get().fields()) {
      Optional<String> text = TokenRoles.content(token.getValue());
      if (!token.getKey().matches("[0-9]{1,9}") || text.isEmpty()) {
        throw decoder
            .get()
            .problem(token.getKey(), "is not a token with an id and a text as content");
      }
      named.put(Integer.parseInt(token.getKey()), text.get());
    }
    return named;
  }
}
