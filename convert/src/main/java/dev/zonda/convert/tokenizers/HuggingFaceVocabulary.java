package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.formats.FormatException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/// The vocabulary of a `tokenizer.json` that holds a SentencePiece vocabulary: byte-pair encoding
/// with byte fallback.
///
/// Such a file orders merges where SentencePiece has scores. The reference gives every token the
/// same score, so that its files tokenize wrongly; [Fidelity#CORRECTED] writes the order as scores.
final class HuggingFaceVocabulary {
  private static final float REFERENCE_SCORE = -1000f;

  private final TokenizerJson file;
  private final JsonFields tokenizer;
  private final TreeMap<Integer, String> base = new TreeMap<>();
  private final TreeMap<Integer, String> added = new TreeMap<>();
  private final Set<String> special = new HashSet<>();

  private HuggingFaceVocabulary(TokenizerJson file) throws FormatException {
    this.file = file;
    this.tokenizer = file.fields();
  }

  /// Whether this is the kind of file that this class reads.
  static boolean accepts(JsonFields tokenizer) throws FormatException {
    Optional<JsonFields> model = tokenizer.object("model");
    Optional<JsonFields> decoder = tokenizer.object("decoder");
    return model.isPresent()
        && model.get().text("type").equals(Optional.of("BPE"))
        && model.get().bool("byte_fallback").orElse(false)
        && decoder.isPresent()
        && decoder.get().text("type").equals(Optional.of("Sequence"));
  }

  static Vocabulary of(
      TokenizerJson tokenizer,
      Optional<JsonFields> tokenizerConfig,
      int size,
      Fidelity fidelity,
      Notes notes)
      throws FormatException {
    HuggingFaceVocabulary reader = new HuggingFaceVocabulary(tokenizer);
    reader.readBase();
    reader.readAdded();
    reader.readSpecial(tokenizerConfig);
    Map<String, Float> scores = fidelity == Fidelity.CORRECTED ? reader.scores() : Map.of();
    Vocabulary vocabulary = reader.vocabulary(scores);
    if (fidelity == Fidelity.CORRECTED) {
      notes.add(
          "tokenizer.json: scores are written from the order of its merges; the reference writes"
              + " one score for all, and its file splits text differently");
      if (vocabulary.size() != size) {
        notes.add(
            "tokenizer.json: has %d tokens, the model %d: %s"
                .formatted(
                    vocabulary.size(),
                    size,
                    vocabulary.size() < size
                        ? "padded with [PADn] tokens"
                        : "those from " + size + " on are left out"));
      }
      vocabulary.padTo(size);
      vocabulary.truncateTo(size);
    }
    return vocabulary;
  }

  private void readBase() throws FormatException {
    String[] texts =
        file.vocabulary()
            .orElseThrow(() -> tokenizer.problem("model.vocab", "is missing, expected an object"));
    for (int id = 0; id < texts.length; id++) {
      if (texts[id] == null) {
        throw tokenizer.problem("model.vocab", "has ids that do not run from 0 without gaps");
      }
      base.put(id, texts[id]);
    }
    if (base.isEmpty()) {
      throw tokenizer.problem("model.vocab", "is empty");
    }
  }

  /// Tokens beyond the base vocabulary, by id.
  private void readAdded() throws FormatException {
    for (JsonFields token : tokenizer.objects("added_tokens")) {
      int id = (int) token.integer("id", 0, Integer.MAX_VALUE).orElse(-1);
      String content =
          token.text("content").orElseThrow(() -> token.problem("content", "is missing"));
      if (id >= base.size()) {
        added.put(id, content);
      }
    }
  }

  /// Texts of the tokens that the tokenizer's configuration gives a role.
  private void readSpecial(Optional<JsonFields> tokenizerConfig) throws FormatException {
    if (tokenizerConfig.isEmpty()) {
      return;
    }
    JsonFields config = tokenizerConfig.get();
    for (SpecialTokenKind kind : SpecialTokenKind.values()) {
      config.get(kind.tokenField()).flatMap(HuggingFaceVocabulary::content).ifPresent(special::add);
    }
    if (config.text("tokenizer_class").orElse("").startsWith("LlamaTokenizer")) {
      // The class's own names, where the configuration has none.
      addUnlessNamed(config, SpecialTokenKind.UNK, "<unk>");
      addUnlessNamed(config, SpecialTokenKind.BOS, "<s>");
      addUnlessNamed(config, SpecialTokenKind.EOS, "</s>");
    }
    for (String list : List.of("additional_special_tokens", "extra_special_tokens")) {
      config
          .get(list)
          .filter(JsonNode::isArray)
          .ifPresent(tokens -> tokens.forEach(t -> content(t).ifPresent(special::add)));
    }
  }

  private void addUnlessNamed(JsonFields config, SpecialTokenKind kind, String text) {
    if (!config.has(kind.tokenField())) {
      special.add(text);
    }
  }

  static Optional<String> content(JsonNode token) {
    JsonNode text = token.isObject() ? token.path("content") : token;
    return text.isString() ? Optional.of(text.stringValue()) : Optional.empty();
  }

  private Vocabulary vocabulary(Map<String, Float> scores) {
    float lowest = scores.isEmpty() ? REFERENCE_SCORE : -scores.size() - 1f;
    Vocabulary vocabulary = new Vocabulary();
    for (String text : base.values()) {
      TokenType type =
          text.matches("<0x[0-9A-Fa-f]{2}>")
              ? TokenType.BYTE
              : special.contains(text) ? TokenType.CONTROL : TokenType.NORMAL;
      vocabulary.add(text, scores.getOrDefault(text, lowest), type);
    }
    for (String text : added.values()) {
      TokenType type = special.contains(text) ? TokenType.CONTROL : TokenType.USER_DEFINED;
      vocabulary.add(text, REFERENCE_SCORE, type);
    }
    return vocabulary;
  }

  /// Minus the place of the first merge that makes a token.
  private Map<String, Float> scores() throws FormatException {
    Map<String, Float> scores = new HashMap<>();
    for (String merge : file.merges()) {
      int space = merge.indexOf(' ', 1);
      String joined = merge.substring(0, space) + merge.substring(space + 1);
      scores.putIfAbsent(joined, (float) -scores.size());
    }
    return scores;
  }
}
