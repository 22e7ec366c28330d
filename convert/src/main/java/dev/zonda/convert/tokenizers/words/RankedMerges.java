package dev.zonda.convert.tokenizers.words;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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

  /// The pair that is joined last when a word is made of its bytes, if that takes the lowest rank
  /// each time and all are lower than the word's; empty if they do not come to two.
  ///
  /// @param word in the alphabet of bytes
  /// @param ranks of all tokens
  public static Optional<String> last(String word, Map<String, Integer> ranks) {
    int own = ranks.get(word);
    List<String> parts = new ArrayList<>(word.chars().mapToObj(Character::toString).toList());
    while (parts.size() > 1) {
      int best = -1;
      int lowest = own;
      for (int i = 0; i + 1 < parts.size(); i++) {
        int rank = ranks.getOrDefault(parts.get(i) + parts.get(i + 1), Integer.MAX_VALUE);
        if (rank < lowest) {
          best = i;
          lowest = rank;
        }
      }
      if (best < 0) {
        break;
      }
      parts.set(best, parts.get(best) + parts.remove(best + 1));
    }
    return parts.size() == 2 ? Optional.of(String.join(" ", parts)) : Optional.empty();
  }
}
