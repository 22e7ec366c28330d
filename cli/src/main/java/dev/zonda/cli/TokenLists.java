package dev.zonda.cli;

import dev.zonda.cli.options.TextFile;
import dev.zonda.convert.tokenizers.Tokenizer;
import dev.zonda.formats.FormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.StringTokenizer;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Texts and ids in files that a user names, and tokens for people to read.
final class TokenLists {
  private TokenLists() {}

  /// A JSON list of strings.
  static List<String> texts(Path file) throws IOException {
    List<String> texts = new ArrayList<>();
    for (JsonNode element : list(file, "strings")) {
      if (!element.isString()) {
        throw FormatException.in(
            TextFile.named(file),
            "element %d is not a string, expected texts".formatted(texts.size()));
      }
      String text = element.stringValue();
      if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
        throw FormatException.in(
            TextFile.named(file),
            "element %d holds half of a surrogate pair, expected whole characters"
                .formatted(texts.size()));
      }
      texts.add(text);
    }
    return texts;
  }

  /// A JSON list of lists of ids, or an object that has one as `ids`.
  static List<int[]> ids(Path file, Tokenizer tokenizer) throws IOException {
    List<int[]> lists = new ArrayList<>();
    for (JsonNode element : list(file, "ids")) {
      if (!element.isArray()) {
        throw FormatException.in(
            TextFile.named(file),
            "element %d is not a list, expected lists of ids".formatted(lists.size()));
      }
      int[] ids = new int[element.size()];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = id(TextFile.named(file), element.get(i).toString(), tokenizer);
      }
      lists.add(ids);
    }
    return lists;
  }

  /// Ids separated by white space or commas, with or without brackets.
  static int[] parse(Path source, String text, Tokenizer tokenizer) throws FormatException {
    StringTokenizer words = new StringTokenizer(text, " \t\r\n,[]");
    int[] ids = new int[words.countTokens()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = id(source, words.nextToken(), tokenizer);
    }
    return ids;
  }

  /// A token as people read it: its text in quotes, or a control token's name without quotes.
  static String shown(Tokenizer tokenizer, int id) {
    Optional<String> name = tokenizer.controlName(id);
    if (name.isPresent()) {
      return name.get();
    }
    byte[] bytes = tokenizer.bytes(id);
    try {
      return "'" + StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)) + "'";
    } catch (CharacterCodingException _) {
      // A part of a character.
      return HexFormat.ofDelimiter(" ").withPrefix("0x").formatHex(bytes);
    }
  }

  private static int id(Path source, String word, Tokenizer tokenizer) throws FormatException {
    try {
      int id = Integer.parseInt(word);
      if (id >= 0 && id < tokenizer.size()) {
        return id;
      }
    } catch (NumberFormatException _) {
      // Reported below.
    }
    throw FormatException.in(
        source,
        "'%s' is not the id of a token, expected 0 to %d".formatted(word, tokenizer.size() - 1));
  }

  private static JsonNode list(Path file, String field) throws IOException {
    JsonNode root;
    try {
      root = JsonMapper.shared().readTree(TextFile.read(file));
    } catch (JacksonException e) {
      throw FormatException.in(TextFile.named(file), "broken JSON: " + e.getOriginalMessage(), e);
    }
    JsonNode found = root.isObject() ? root.path(field) : root;
    if (!found.isArray()) {
      throw FormatException.in(TextFile.named(file), "is not a JSON list");
    }
    return found;
  }
}
