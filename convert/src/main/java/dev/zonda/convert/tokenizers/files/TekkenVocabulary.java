package dev.zonda.convert.tokenizers.files;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.tokenizers.words.ByteAlphabet;
import dev.zonda.convert.tokenizers.words.RankedMerges;
import dev.zonda.convert.tokenizers.words.WordPatterns;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.checkpoint.CheckpointFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/// A `tekken.json`: byte strings by rank, after the special tokens. There are no merges in it; any
/// two tokens whose union is a token can be joined, in the order of the unions' ranks.
public final class TekkenVocabulary {
  private static final int BYTES = 256;

  private final JsonFields file;
  private final List<String> special = new ArrayList<>();
  private final List<String> words = new ArrayList<>();
  private final Map<String, Integer> ranks = new HashMap<>();
  private final String version;

  private TekkenVocabulary(JsonFields file) throws FormatException {
    this.file = file;
    JsonFields config =
        file.object("config")
            .orElseThrow(() -> file.problem("config", "is missing, expected an object"));
    this.version = config.text("version").orElse("v3");
    String pattern =
        config
            .text("pattern")
            .orElseThrow(() -> file.problem("config.pattern", "is missing, expected a string"));
    if (!WordPatterns.canonical(pattern).equals(WordPatterns.TEKKEN)) {
      throw file.problem("config.pattern", "is " + pattern + ", expected " + WordPatterns.TEKKEN);
    }
    int size = size(config, "default_vocab_size");
    int specials = size(config, "default_num_special_tokens");
    if (specials > size) {
      throw file.problem(
          "config.default_num_special_tokens", "is " + specials + " of " + size + " tokens");
    }
    readSpecial(specials);
    readWords(size - specials);
  }

  public static TekkenVocabulary of(CheckpointFolder folder, String name) throws IOException {
    JsonNode json = folder.vocabulary(name).orElseThrow();
    return new TekkenVocabulary(JsonFields.of(folder.path().resolve(name), json));
  }

  /// The version of Mistral's tokenizers, for example `v3`.
  public String version() {
    return version;
  }

  /// The id of a special token.
  public OptionalInt special(String text) {
    int id = special.indexOf(text);
    return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
  }

  public Vocabulary vocabulary() {
    Vocabulary vocabulary = new Vocabulary();
    special.forEach(text -> vocabulary.add(text, 0, TokenType.CONTROL));
    words.forEach(text -> vocabulary.add(text, 0, TokenType.NORMAL));
    return vocabulary;
  }

  /// Every pair of tokens whose union is one, in the order of the unions, then of the left and the
  /// right parts.
  public List<String> merges() throws FormatException {
    List<String> merges = new ArrayList<>();
    for (int rank = BYTES; rank < words.size(); rank++) {
      List<String> pairs = RankedMerges.of(words.get(rank), ranks);
      if (pairs.isEmpty()) {
        throw file.problem("vocab[" + rank + "]", "is not the union of two other tokens");
      }
      merges.addAll(pairs);
    }
    return merges;
  }

  /// Special tokens; files of the first versions leave them to the program that reads them.
  private void readSpecial(int count) throws FormatException {
    Optional<JsonNode> given = file.get("special_tokens");
    List<String> first =
        List.of(
            "<unk>",
            "<s>",
            "</s>",
            "[INST]",
            "[/INST]",
            "[AVAILABLE_TOOLS]",
            "[/AVAILABLE_TOOLS]",
            "[TOOL_RESULTS]",
            "[/TOOL_RESULTS]",
            "[TOOL_CALLS]",
            "[IMG]",
            "<pad>",
            "[IMG_BREAK]",
            "[IMG_END]",
            "[PREFIX]",
            "[MIDDLE]",
            "[SUFFIX]",
            "[SYSTEM_PROMPT]",
            "[/SYSTEM_PROMPT]",
            "[TOOL_CONTENT]");
    TreeMap<Integer, String> texts = new TreeMap<>();
    if (given.isPresent()) {
      for (JsonFields token : file.objects("special_tokens")) {
        int rank = (int) token.integer("rank", 0, TokenizerJson.MOST_TOKENS).orElse(-1);
        texts.put(
            rank,
            token
                .text("token_str")
                .orElseThrow(() -> token.problem("token_str", "is missing, expected a string")));
      }
    } else {
      for (int rank = 0; rank < first.size(); rank++) {
        texts.put(rank, first.get(rank));
      }
    }
    for (int rank = 0; rank < count; rank++) {
      special.add(texts.getOrDefault(rank, "<SPECIAL_" + rank + ">"));
    }
  }

  private void readWords(int count) throws FormatException {
    for (JsonFields word : file.objects("vocab")) {
      if (words.size() == count) {
        break;
      }
      long rank = word.integer("rank").orElse(-1);
      if (rank != words.size()) {
        throw word.problem("rank", "is " + rank + ", expected " + words.size());
      }
      String text =
          word.text("token_bytes")
              .orElseThrow(() -> word.problem("token_bytes", "is missing, expected a string"));
      String encoded = ByteAlphabet.encode(bytes(word, text));
      if (ranks.put(encoded, words.size()) != null) {
        throw word.problem("token_bytes", "appears twice");
      }
      words.add(encoded);
    }
    if (words.size() != count || count < BYTES) {
      throw file.problem("vocab", "has %d tokens, expected %d".formatted(words.size(), count));
    }
  }

  private static byte[] bytes(JsonFields word, String text) throws FormatException {
    try {
      return Base64.getDecoder().decode(text.getBytes(StandardCharsets.ISO_8859_1));
    } catch (IllegalArgumentException e) {
      throw word.problem("token_bytes", "is not Base64");
    }
  }

  private static int size(JsonFields config, String field) throws FormatException {
    return (int)
        config
            .integer(field, 1, TokenizerJson.MOST_TOKENS)
            .orElseThrow(() -> config.problem(field, "is missing, expected an integer"));
  }
}
