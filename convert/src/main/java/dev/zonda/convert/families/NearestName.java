package dev.zonda.convert.families;

import java.util.Comparator;
import java.util.List;

/// Finds the name that somebody may have meant.
final class NearestName {
  /// Longer ones are compared by their start.
  private static final int MOST_CHARACTERS = 200;

  private NearestName() {}

  /// The candidate that takes the fewest insertions, deletions and replacements of characters.
  static String of(String name, List<String> candidates) {
    return candidates.stream()
        .min(Comparator.comparingInt(candidate -> distance(name, candidate)))
        .orElseThrow();
  }

  private static int distance(String from, String to) {
    String a = from.substring(0, Math.min(MOST_CHARACTERS, from.length()));
    int[] row = new int[to.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int replaced = diagonal + (a.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[to.length()];
  }
}
