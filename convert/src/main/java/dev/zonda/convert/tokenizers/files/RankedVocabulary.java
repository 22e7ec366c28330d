package dev.zonda.convert.tokenizers.files;

import dev.zonda.convert.tokenizers.words.ByteAlphabet;
import dev.zonda.convert.tokenizers.words.RankedMerges;
import dev.zonda.formats.FormatException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A list of byte strings, a line each: Base64, a space, the rank, which counts from 0.
///
/// @param words in the alphabet of bytes, by rank
/// @param ranks by word
public record RankedVocabulary(List<String> words, Map<String, Integer> ranks) {
  /// Merges of longer words would take long to find.
  private static final int LONGEST = 1024;

  public static RankedVocabulary parse(Path file, byte[] bytes) throws FormatException {
    List<String> words = new ArrayList<>();
    Map<String, Integer> ranks = new HashMap<>();
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    for (String line : (Iterable<String>) text.lines()::iterator) {
      if (words.size() == TokenizerJson.MOST_TOKENS) {
        throw FormatException.in(file, "has more than " + TokenizerJson.MOST_TOKENS + " tokens");
      }
      byte[] token = token(file, line, words.size());
      if (token.length > LONGEST) {
        throw problem(
            file,
            words.size(),
            "has %d bytes, expected at most %d".formatted(token.length, LONGEST));
      }
      String word = ByteAlphabet.encode(token);
      if (word.isEmpty() || ranks.put(word, words.size()) != null) {
        throw problem(file, words.size(), "is empty, or the same token as another");
      }
      words.add(word);
    }
    if (words.isEmpty()) {
      throw FormatException.in(file, "is empty, expected a vocabulary");
    }
    return new RankedVocabulary(words, ranks);
  }

  /// Every pair of tokens whose union is one, in the order of the unions.
  public List<String> merges() {
    List<String> merges = new ArrayList<>();
    words.forEach(word -> merges.addAll(RankedMerges.of(word, ranks)));
    return merges;
  }

  /// The pair of tokens that each longer one is merged from, if there is one.
  public List<String> lastMerges() {
    List<String> merges = new ArrayList<>();
    words.forEach(word -> RankedMerges.last(word, ranks).ifPresent(merges::add));
    return merges;
  }

  private static byte[] token(Path file, String line, int rank) throws FormatException {
    int space = line.indexOf(' ');
    if (space < 0 || !line.substring(space + 1).equals(Integer.toString(rank))) {
      throw problem(file, rank, "is not a token in Base64 with rank %d".formatted(rank));
    }
    try {
      return Base64.getDecoder().decode(line.substring(0, space));
    } catch (IllegalArgumentException e) {
      throw problem(file, rank, "is not Base64");
    }
  }

  private static FormatException problem(Path file, int rank, String text) {
    return FormatException.in(
        file, "line %d %s (neither SentencePiece nor a list of ranks)".formatted(rank + 1, text));
  }
}
