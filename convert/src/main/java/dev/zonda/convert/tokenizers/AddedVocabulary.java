package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.files.AddedToken;
import dev.zonda.convert.tokenizers.files.TokenRoles;
import dev.zonda.convert.tokenizers.files.TokenizerClass;
import dev.zonda.convert.tokenizers.files.TokenizerFiles;
import dev.zonda.convert.tokenizers.files.TokenizerJson;
import dev.zonda.formats.FormatException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/// The tokens that were added to a vocabulary, as transformers 5 puts them together: those of
/// tokenizer.json, described again or joined by those of `added_tokens_decoder` in
/// tokenizer_config.json or, where that is missing, of added_tokens.json, then those with a role.
final class AddedVocabulary {
  private final Map<String, Integer> base;
  private final SequencedMap<String, AddedToken> tokens = new LinkedHashMap<>();

  /// Ids that tokenizer.json gives.
  private final Map<String, Integer> stated = new HashMap<>();

  private final SequencedMap<String, Integer> ids = new LinkedHashMap<>();

  private AddedVocabulary(Map<String, Integer> base) {
    this.base = base;
  }

  /// @param base ids of the vocabulary that tokens were added to, by text
  /// @param fidelity whether tokens count that a [TokenizerClass] loses, as they do for llama.cpp's
  ///   converter
  static AddedVocabulary of(
      TokenizerFiles files,
      TokenizerClass loader,
      Map<String, Integer> base,
      Fidelity fidelity,
      Notes notes)
      throws IOException {
    AddedVocabulary added = new AddedVocabulary(base);
    TokenRoles roles = TokenRoles.of(files, loader);
    Optional<JsonFields> decoder = files.addedTokensDecoder();
    boolean loses = fidelity == Fidelity.AS_REFERENCE && loader.rebuilds();
    boolean isLost = loses && decoder.isPresent();
    if (files.tokenizer().isPresent() && !isLost) {
      added.addAll(files.tokenizerFields().orElseThrow());
    }
    if (decoder.isPresent()) {
      added.addDecoder(decoder.get(), loader, roles, notes);
    } else {
      added.addFile(files.object(TokenizerFiles.ADDED_TOKENS), roles);
    }
    added.addRoles(roles);
    if (loses && loader == TokenizerClass.QWEN2) {
      added.addRolesAnew(roles);
    }
    added.number(notes);
    return added;
  }

  /// The tokens, by text.
  SequencedMap<String, Integer> ids() {
    return ids;
  }

  /// The tokens in the order of their ids.
  SequencedMap<Integer, AddedToken> byId() {
    SequencedMap<Integer, AddedToken> sorted = new TreeMap<>();
    ids.forEach((text, id) -> sorted.put(id, tokens.get(text)));
    return sorted;
  }

  /// The id of a text that is a token, added or not.
  OptionalInt id(String text) {
    Integer id = ids.containsKey(text) ? ids.get(text) : base.get(text);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /// The two rounds in which the tokens are looked for in texts by their names.
  ///
  /// @param table of the tokens that the model has, with their types
  AddedTokenRounds rounds(
      TokenTable table, Tokenizer.ControlNames names, UnaryOperator<String> normalizer) {
    // Special tokens come first: of two that become the same, the first is found.
    SequencedMap<Integer, String> texts = new LinkedHashMap<>();
    for (boolean special : new boolean[] {true, false}) {
      ids.forEach((text, id) -> {
        boolean isLookedFor = id < table.size() && table.isLookedFor(id, names);
        if (isLookedFor && tokens.get(text).special() == special) {
          texts.putIfAbsent(id, text);
        }
      });
    }
    return AddedTokenRounds.of(texts, AddedTokenFlags.of(byId()), normalizer);
  }

  private void addAll(JsonFields tokenizer) throws FormatException {
    for (JsonFields token : tokenizer.objects("added_tokens")) {
      AddedToken one = AddedToken.of(token);
      int id =
          (int)
              token
                  .integer("id", 0, TokenizerJson.MOST_TOKENS - 1)
                  .orElseThrow(() -> token.problem("id", "is missing, expected an integer"));
      tokens.put(one.content(), one);
      stated.put(one.content(), id);
    }
  }

  /// Tokens that tokenizer_config.json describes, in the order of their ids.
  private void addDecoder(JsonFields decoder, TokenizerClass loader, TokenRoles roles, Notes notes)
      throws FormatException {
    SequencedMap<Long, AddedToken> found = new TreeMap<>();
    for (var entry : decoder.fields()) {
      JsonFields token = decoder.child(entry.getKey(), entry.getValue());
      found.put(id(decoder, entry.getKey()), AddedToken.of(token));
    }
    List<String> contradicted = new ArrayList<>();
    for (AddedToken token : found.values()) {
      if (stated.containsKey(token.content()) && !token.equals(tokens.get(token.content()))) {
        contradicted.add(token.content());
      }
      boolean isNew = loader.rebuilds() || !token.equals(tokens.get(token.content()));
      boolean becomesSpecial = isNew && roles.isNamed(token.content());
      tokens.put(token.content(), becomesSpecial ? token.asSpecial() : token);
    }
    if (!contradicted.isEmpty()) {
      notes.add(
          "tokenizer.json and tokenizer_config.json describe the added token '%s' differently (%d"
                  .formatted(contradicted.getFirst(), contradicted.size())
              + " such): the latter is believed, as transformers does");
    }
  }

  /// Tokens of added_tokens.json that tokenizer.json does not describe, in the order of their ids.
  private void addFile(Optional<JsonFields> file, TokenRoles roles) throws FormatException {
    if (file.isEmpty()) {
      return;
    }
    SequencedMap<Long, String> found = new TreeMap<>();
    for (var entry : file.get().fields()) {
      String text = entry.getKey();
      long id =
          file.get()
              .integer(text, 0, TokenizerJson.MOST_TOKENS - 1)
              .orElseThrow(() -> file.get().problem(text, "has no id, expected an integer"));
      found.put(id, text);
    }
    for (String text : found.values()) {
      boolean special = roles.all().stream().anyMatch(role -> role.content().equals(text));
      tokens.putIfAbsent(text, special ? AddedToken.special(text) : AddedToken.plain(text));
    }
  }

  /// The id that is a key of `added_tokens_decoder`.
  static long id(JsonFields decoder, String key) throws FormatException {
    try {
      return Long.parseLong(key.strip());
    } catch (NumberFormatException e) {
      throw decoder.problem(key, "is not a token id");
    }
  }

  private void addRoles(TokenRoles roles) {
    for (AddedToken token : roles.all()) {
      tokens.putIfAbsent(token.content(), token);
    }
  }

  /// Qwen's class adds its special tokens again, as nothing but special.
  private void addRolesAnew(TokenRoles roles) {
    for (AddedToken token : roles.all()) {
      tokens.put(token.content(), AddedToken.special(token.content()));
    }
  }

  /// Gives ids as the library does: a token of the vocabulary has one, others get the next in the
  /// order of the files.
  private void number(Notes notes) {
    tokens.remove("");
    int next = base.size();
    for (String text : tokens.sequencedKeySet()) {
      int id = base.containsKey(text) ? base.get(text) : next++;
      ids.put(text, id);
      Integer said = stated.get(text);
      if (said != null && said != id) {
        notes.add(
            ("tokenizer.json: the added token '%s' has id %d, but its place is %d, which "
                        + "is believed,")
                    .formatted(text, said, id)
                + " as transformers does");
      }
    }
  }
}
