package dev.zonda.convert.tokenizers.words;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/// Merges of vocabularies that have ranks instead: any two tokens whose union is a token can be
/// joined.
public final class RankedMerges {
  private record Pair(int left, int right, String text) {}

  private RankedMerges() {}

  /// All pairs of tokens that make a word, in the order of the left, then of the right one's rank.
  ///
  /// @param word in the alphabet of bytes
  /// @param ranks of all tokens
  public static List<String> of(String word, Map<String, Integer> ranks) {
    List<Pair> pairs = new ArrayList<>();
    for (int cut = 1; cut < word.length(); cut++) {
      Integer left = ranks.get(word.substring(0, cut));
      Integer right = ranks.get(word.substring(cut));
      if (left != null && right != null) {
        String text = word.substring(0, cut) + " " + word.substring(cut);
        pairs.add(new Pair(left, right, text));
      }
    }
    pairs.sort(Comparator.comparingInt(Pair::left).thenComparingInt(Pair::right));
    return pairs.stream().map(Pair::text).toList();
  }
}
