package dev.zonda.quantize.pattern;

/// What searching has cost so far, and when it is too much: patterns and names may come from
/// anywhere. For one thread.
public final class SearchEffort {
  /// Some seconds of searching. Sensible patterns for the largest models need a thousandth of it.
  private static final long MOST = 2_000_000_000L;

  private long spent;

  /// @throws IllegalArgumentException if that is too much in total
  void spend(long steps) {
    spent += steps;
    if (spent > MOST) {
      throw new IllegalArgumentException(
          "the patterns take too long to search for: give fewer or simpler ones");
    }
  }
}
