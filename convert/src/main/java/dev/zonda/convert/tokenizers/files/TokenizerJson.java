package dev.zonda.convert.tokenizers.files;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.tokenizers.words.ByteAlphabet;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.checkpoint.CheckpointFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A `tokenizer.json`, read as a stream: its vocabulary and merges are hundreds of thousands of
/// entries, which a tree of JSON nodes would make ten times as large. The rest is a tree.
public final class TokenizerJson {
  public static final String FILE = "tokenizer.json";

  /// Ids are places in an array, so that one id alone could ask for much memory.
  public static final int MOST_TOKENS = 1 << 22;

  /// Texts of a vocabulary, and merges: each takes some 70 bytes besides its characters. The
  /// largest vocabularies have 260,000 and 580,000.
  private static final int MOST_ENTRIES = 1 << 20;

  /// Tokens of all other parts, which become a tree: some 70 bytes each.
  private static final long MOST_TREE_TOKENS = 500_000;

  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(200)
                          .maxTokenCount(5_000_000)
                          .maxStringLength(4_000_000)
                          .build())
                  .build())
          // Parts of the file are read as values of their own.
          .disable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final Path file;
  private final byte[] bytes;
  private final ObjectNode tree = JSON.createObjectNode();
  private Optional<String[]> vocabulary = Optional.empty();
  private long mergesOffset = -1;
  private long treeTokens;

  private TokenizerJson(Path file, byte[] bytes) {
    this.file = file;
    this.bytes = bytes;
  }

  /// The folder's tokenizer.json, unless it has none or an empty one.
  public static Optional<TokenizerJson> of(CheckpointFolder folder) throws IOException {
    Optional<byte[]> bytes = folder.bytes(FILE);
    if (bytes.isEmpty()) {
      return Optional.empty();
    }
    TokenizerJson json = new TokenizerJson(folder.path().resolve(FILE), bytes.get());
    json.read();
    return json.tree.isEmpty() ? Optional.empty() : Optional.of(json);
  }

  /// The vocabulary of a `vocab.json`: texts by id.
  public static String[] plainVocabulary(CheckpointFolder folder, String name) throws IOException {
    byte[] bytes = folder.bytes(name).orElseThrow();
    TokenizerJson json = new TokenizerJson(folder.path().resolve(name), bytes);
    try (JsonParser parser = JSON.createParser(bytes)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw FormatException.in(json.file, "is not a JSON object");
      }
      return json.readVocabulary("", parser);
    } catch (JacksonException e) {
      throw json.broken(e, 0);
    }
  }

  /// Everything but the vocabulary and the merges.
  public JsonFields fields() throws FormatException {
    return JsonFields.of(file, tree);
  }

  public Path file() {
    return file;
  }

  /// The texts of the base vocabulary by id; null where an id has none. Empty if the file's
  /// vocabulary is not an object: then it is of a kind that has scores instead of merges.
  public Optional<String[]> vocabulary() {
    return vocabulary;
  }

  /// The pairs of tokens that are joined, in order, as GGUF writes them: `left right`.
  ///
  /// @throws FormatException if there are none
  public List<String> merges() throws FormatException {
    if (mergesOffset < 0) {
      throw problem("model.merges", "is missing, expected an array");
    }
    int from = (int) mergesOffset;
    try (JsonParser parser = JSON.createParser(bytes, from, bytes.length - from)) {
      List<String> merges = new ArrayList<>();
      parser.nextToken();
      for (JsonToken token = parser.nextToken();
          token != JsonToken.END_ARRAY;
          token = parser.nextToken()) {
        if (merges.size() == MOST_ENTRIES) {
          throw problem("model.merges", "has more than " + MOST_ENTRIES + " entries");
        }
        merges.add(merge(token, parser));
      }
      return merges;
    } catch (JacksonException e) {
      throw broken(e, from);
    }
  }

  private void read() throws FormatException {
    if (bytes.length == 0) {
      throw FormatException.in(file, "is empty, expected JSON");
    }
    try (JsonParser parser = JSON.createParser(bytes)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw FormatException.in(file, "holds " + parser.getString() + ", expected a JSON object");
      }
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String name = parser.currentName();
        boolean isModel = parser.nextToken() == JsonToken.START_OBJECT && name.equals("model");
        tree.set(name, isModel ? readModel(parser) : readTree(name, parser));
      }
      if (parser.nextToken() != null) {
        throw FormatException.in(file, "continues after its JSON object");
      }
    } catch (JacksonException e) {
      throw broken(e, 0);
    }
  }

  private ObjectNode readModel(JsonParser parser) throws FormatException {
    ObjectNode model = JSON.createObjectNode();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if (name.equals("vocab") && value == JsonToken.START_OBJECT) {
        vocabulary = Optional.of(readVocabulary("model.vocab.", parser));
      } else if (name.equals("vocab")) {
        parser.skipChildren();
      } else if (name.equals("merges") && value == JsonToken.START_ARRAY) {
        mergesOffset = parser.currentTokenLocation().getByteOffset();
        if (mergesOffset < 0) {
          throw FormatException.in(file, "is not UTF-8 text");
        }
        parser.skipChildren();
      } else {
        model.set(name, readTree("model." + name, parser));
      }
    }
    return model;
  }

  /// Counts the value's tokens before it becomes a tree.
  private JsonNode readTree(String field, JsonParser parser) throws FormatException {
    long from = parser.currentTokenLocation().getByteOffset();
    long before = parser.currentTokenCount();
    parser.skipChildren();
    treeTokens += parser.currentTokenCount() - before + 1;
    if (treeTokens > MOST_TREE_TOKENS) {
      throw problem(
          field, "holds more values than are read in addition to a vocabulary and merges");
    }
    if (from < 0) {
      throw FormatException.in(file, "is not UTF-8 text");
    }
    try (JsonParser again = JSON.createParser(bytes, (int) from, bytes.length - (int) from)) {
      return JSON.readTree(again);
    }
  }

  private String[] readVocabulary(String place, JsonParser parser) throws FormatException {
    String[] texts = new String[1024];
    int size = 0;
    int entries = 0;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      if (entries++ == MOST_ENTRIES) {
        throw problem(place + "…", "has more than " + MOST_ENTRIES + " tokens");
      }
      String text = parser.currentName();
      JsonToken value = parser.nextToken();
      if (value != JsonToken.VALUE_NUMBER_INT
          || parser.getNumberType() != JsonParser.NumberType.INT) {
        throw problem(place + text, "is " + parser.getString() + ", expected an id");
      }
      int id = parser.getIntValue();
      if (id < 0 || id >= MOST_TOKENS) {
        throw problem(place + text, "is " + id + ", expected 0 to " + (MOST_TOKENS - 1));
      }
      if (id >= texts.length) {
        texts = Arrays.copyOf(texts, Math.max(id + 1, 2 * texts.length));
      }
      if (texts[id] != null) {
        throw problem(place + text, "has the same id as another token");
      }
      texts[id] = text;
      size = Math.max(size, id + 1);
    }
    return Arrays.copyOf(texts, size);
  }

  /// One pair: `"a b"`, or `["a", "b"]`.
  private String merge(JsonToken token, JsonParser parser) throws FormatException {
    if (token == JsonToken.VALUE_STRING) {
      String pair = parser.getString();
      int space = pair.indexOf(' ', 1);
      if (space > 0 && space < pair.length() - 1 && pair.indexOf(' ', space + 1) < 0) {
        return pair;
      }
      throw noPair(pair);
    }
    if (token != JsonToken.START_ARRAY) {
      throw noPair(parser.getString());
    }
    List<String> parts = new ArrayList<>(2);
    while (parser.nextToken() == JsonToken.VALUE_STRING && parts.size() < 2) {
      // GGUF separates the two by a space; inside them a space is written as in byte-level text.
      parts.add(parser.getString().replace(' ', ByteAlphabet.SPACE));
    }
    if (parts.size() != 2 || parser.currentToken() != JsonToken.END_ARRAY) {
      throw noPair(parts.toString());
    }
    return parts.get(0) + " " + parts.get(1);
  }

  private FormatException noPair(String found) {
    return problem("model.merges", "holds " + found + ", expected pairs of tokens");
  }

  private FormatException problem(String field, String problem) {
    return FormatException.in(file, field + " " + problem);
  }

  private FormatException broken(JacksonException e, int from) {
    String problem = "broken JSON: " + e.getOriginalMessage();
    long offset = e.getLocation() == null ? -1 : e.getLocation().getByteOffset();
    return offset < 0
        ? FormatException.in(file, problem, e)
        : FormatException.at(file, from + offset, problem);
  }
}
