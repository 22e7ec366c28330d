package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.formats.FormatException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// The tokens of a byte-level vocabulary, with those that were added to it, as transformers puts
/// them together from its files.
final class BytePairVocabulary {
  private final Notes notes;
  private final String[] base;
  private final Map<String, Integer> ids = new HashMap<>();
  private final SequencedMap<String, AddedToken> added = new LinkedHashMap<>();
  private int next;

  /// @param base texts by id; null where an id has none
  BytePairVocabulary(String[] base, Notes notes) {
    this.base = base;
    this.notes = notes;
    this.next = base.length;
    for (int id = 0; id < base.length; id++) {
      if (base[id] != null) {
        ids.put(base[id], id);
      }
    }
  }

  /// The tokens of tokenizer.json's `added_tokens`, which have ids.
  void addAll(JsonFields tokenizer) throws FormatException {
    for (JsonFields token : tokenizer.objects("added_tokens")) {
      AddedToken one = AddedToken.of(token);
      int id =
          (int)
              token
                  .integer("id", 0, TokenizerJson.MOST_TOKENS - 1)
                  .orElseThrow(() -> token.problem("id", "is missing"));
      add(one, OptionalInt.of(id));
    }
  }

  /// The tokens of added_tokens.json: ids by text.
  void addFile(JsonFields file) throws FormatException {
    for (var entry : file.fields()) {
      int id =
          (int)
              file.integer(entry.getKey(), 0, TokenizerJson.MOST_TOKENS - 1)
                  .orElseThrow(() -> file.problem(entry.getKey(), "has no id"));
      AddedToken token = new AddedToken(entry.getKey(), false, true, false, false);
      add(token, OptionalInt.of(id));
    }
  }

  /// The tokens that tokenizer_config.json describes or names.
  void addConfigured(JsonFields config, List<String> defaultSpecial) throws FormatException {
    Optional<JsonFields> decoder = config.object("added_tokens_decoder");
    if (decoder.isPresent()) {
      for (var entry : decoder.get().fields()) {
        AddedToken token = AddedToken.of(decoder.get().child(entry.getKey(), entry.getValue()));
        add(token, OptionalInt.empty());
      }
    }
    Set<String> special = new LinkedHashSet<>();
    for (SpecialTokenKind kind : SpecialTokenKind.values()) {
      config.get(kind.tokenField()).flatMap(HuggingFaceVocabulary::content).ifPresent(special::add);
    }
    for (String list : List.of("additional_special_tokens", "extra_special_tokens")) {
      Optional<JsonNode> tokens = config.get(list).filter(JsonNode::isContainer);
      tokens.ifPresent(all ->
          all.forEach(token -> HuggingFaceVocabulary.content(token).ifPresent(special::add)));
    }
    special.addAll(defaultSpecial);
    special.remove("");
    for (String text : special) {
      if (added.containsKey(text)) {
        continue;
      }
      if (!ids.containsKey(text) && defaultSpecial.contains(text)) {
        continue;
      }
      add(AddedToken.special(text), OptionalInt.empty());
    }
  }

  private void add(AddedToken token, OptionalInt id) {
    added.put(token.content(), token);
    if (ids.containsKey(token.content())) {
      return;
    }
    int place = id.orElse(next);
    ids.put(token.content(), place);
    next = Math.max(next, place + 1);
  }

  /// All tokens with their types. Ids that nothing names, up to the model's size, are unused.
  ///
  /// @param size tokens that the model has
  Vocabulary build(int size) {
    String[] texts = new String[next];
    System.arraycopy(base, 0, texts, 0, base.length);
    AddedToken[] tokens = new AddedToken[next];
    for (AddedToken token : added.values()) {
      int id = ids.get(token.content());
      texts[id] = token.content();
      tokens[id] = token;
    }
    if (next > size) {
      notes.add(
          "the vocabulary has %d tokens, the model %d: those from %d on are left out"
              .formatted(next, size, size));
    }
    Vocabulary vocabulary = new Vocabulary();
    for (int id = 0; id < size; id++) {
      if (id >= texts.length || texts[id] == null) {
        vocabulary.add("[PAD" + id + "]", 0, TokenType.UNUSED);
      } else if (tokens[id] == null) {
        vocabulary.add(texts[id], 0, TokenType.NORMAL);
      } else {
        add(vocabulary, tokens[id]);
      }
    }
    return vocabulary;
  }

  /// Tokens that were added are written as they stand in a text.
  private static void add(Vocabulary vocabulary, AddedToken token) {
    String text =
        token.normalized()
            ? token.content()
            : new String(ByteAlphabet.decode(token.content()), StandardCharsets.UTF_8);
    if (token.special() || AddedTokens.looksSpecial(text)) {
      vocabulary.add(text, 0, TokenType.CONTROL);
    } else {
      vocabulary.add(AddedTokens.withSpaces(text), 0, TokenType.USER_DEFINED);
    }
  }

  /// The tokens that were added, in the order of the files.
  List<AddedToken> added() {
    return new ArrayList<>(added.values());
  }
}
