package dev.zonda.formats;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Finds the name that the user may have meant.
public final class NearestName {
  /// Longer ones are compared by their start.
  private static final int MOST_CHARACTERS = 200;

  private NearestName() {}

  /// The candidate that takes the fewest insertions, deletions and replacements of characters.
  public static String of(String name, List<String> candidates) {
    return candidates.stream()
        .min(Comparator.comparingInt(candidate -> distance(name, candidate)))
        .orElseThrow();
  }

  /// The candidate that differs from the name in case and punctuation only, or in so few characters
  /// that it may well be meant, or that begins with the name.
  public static Optional<String> meant(String name, Collection<String> candidates) {
    String plain = plain(name);
    if (plain.isEmpty()) {
      return Optional.empty();
    }
    int most = Math.max(1, plain.length() / 3);
    return candidates.stream()
        .filter(candidate -> plain(candidate).equals(plain))
        .findFirst()
        .or(() ->
            candidates.stream()
                .filter(candidate -> distance(plain, plain(candidate)) <= most)
                .min(Comparator.comparingInt(candidate -> distance(plain, plain(candidate)))))
        .or(() ->
            candidates.stream()
                .filter(candidate -> plain.length() > 2 && plain(candidate).startsWith(plain))
                .findFirst());
  }

  /// For example ` (did you mean Q4_K_M?)`; empty if no name is near.
  public static String question(Optional<String> meant) {
    return meant.map(name -> " (did you mean " + name + "?)").orElse("");
  }

  private static String plain(String name) {
    return name.substring(0, Math.min(MOST_CHARACTERS, name.length()))
        .replaceAll("[^\\p{L}\\p{N}<>]", "")
        .toLowerCase(Locale.ROOT);
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
