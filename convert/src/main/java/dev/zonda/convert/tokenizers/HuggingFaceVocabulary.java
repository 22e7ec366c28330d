package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.files.AddedToken;
import dev.zonda.convert.tokenizers.files.TokenType;
import dev.zonda.convert.tokenizers.files.TokenizerJson;
import dev.zonda.convert.tokenizers.files.Vocabulary;
import dev.zonda.formats.FormatException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The vocabulary of a `tokenizer.json` that holds a SentencePiece vocabulary: byte-pair encoding
/// with byte fallback.
///
/// Such a file orders merges where SentencePiece has scores. llama.cpp's converter (the reference)
/// gives every token the same score, so that its files tokenize wrongly; [Fidelity#CORRECTED]
/// writes the order as scores.
final class HuggingFaceVocabulary {
  private static final float ADDED_SCORE = -1000f;

  private HuggingFaceVocabulary() {}

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

  /// The ids of the base vocabulary by text.
  static Map<String, Integer> ids(TokenizerJson file) throws FormatException {
    String[] texts = texts(file);
    Map<String, Integer> ids = new HashMap<>(2 * texts.length);
    for (int id = 0; id < texts.length; id++) {
      ids.put(texts[id], id);
    }
    return ids;
  }

  /// The texts of the base vocabulary, without gaps.
  static String[] texts(TokenizerJson file) throws FormatException {
    JsonFields fields = file.fields();
    String[] texts =
        file.vocabulary()
            .orElseThrow(() -> fields.problem("model.vocab", "is missing, expected an object"));
    for (String text : texts) {
      if (text == null) {
        throw fields.problem("model.vocab", "has ids that do not run from 0 without gaps");
      }
    }
    if (texts.length == 0) {
      throw fields.problem("model.vocab", "is empty");
    }
    return texts;
  }

  /// The vocabulary with the types of its added tokens, and scores in the order of merges.
  static Vocabulary corrected(
      TokenizerJson file,
      AddedVocabulary added,
      SentencePieceVocabulary.Special special,
      int size,
      Notes notes)
      throws FormatException {
    String[] texts = texts(file);
    Map<String, Float> scores = scores(file.merges());
    float lowest = -scores.size() - 1f;
    Vocabulary vocabulary = new Vocabulary();
    for (String text : texts) {
      vocabulary.add(text, scores.getOrDefault(text, lowest), type(text));
    }
    int count = Math.max(texts.length, 1 + added.byId().keySet().stream().reduce(-1, Math::max));
    if (count != size) {
      notes.add(
          "tokenizer.json has %d tokens, but the model %d: %s"
              .formatted(
                  count,
                  size,
                  count < size
                      ? "it is padded with [PADn] tokens"
                      : "those from " + size + " on are left out"));
    }
    vocabulary.padTo(size);
    vocabulary.truncateTo(size);
    SentencePieceVocabulary.describe(vocabulary, added, special);
    return vocabulary;
  }

  /// The vocabulary that the reference writes.
  static Vocabulary asReference(TokenizerJson file, AddedVocabulary added, List<AddedToken> special)
      throws FormatException {
    String[] texts = texts(file);
    Set<String> controls = new HashSet<>();
    special.forEach(token -> controls.add(token.content()));
    Vocabulary vocabulary = new Vocabulary();
    for (String text : texts) {
      TokenType type = type(text);
      boolean isControl = type == TokenType.NORMAL && controls.contains(text);
      vocabulary.add(text, ADDED_SCORE, isControl ? TokenType.CONTROL : type);
    }
    added
        .byId()
        .forEach((id, token) -> {
          if (id >= texts.length) {
            boolean isControl = controls.contains(token.content());
            vocabulary.add(
                token.content(),
                ADDED_SCORE,
                isControl ? TokenType.CONTROL : TokenType.USER_DEFINED);
          }
        });
    return vocabulary;
  }

  private static TokenType type(String text) {
    return text.matches("<0x[0-9A-Fa-f]{2}>") ? TokenType.BYTE : TokenType.NORMAL;
  }

  /// Minus the place of the first merge that makes a token.
  private static Map<String, Float> scores(List<String> merges) {
    Map<String, Float> scores = new HashMap<>();
    for (String merge : merges) {
      int space = merge.indexOf(' ', 1);
      String joined = merge.substring(0, space) + merge.substring(space + 1);
      scores.putIfAbsent(joined, (float) -scores.size());
    }
    return scores;
  }
}
