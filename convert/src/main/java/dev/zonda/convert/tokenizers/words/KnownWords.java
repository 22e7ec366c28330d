package dev.zonda.convert.tokenizers.words;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/// The tokens of words that a text has had before. Bounded, so that no text fills the memory.
public final class KnownWords {
  private static final int MOST_WORDS = 1 << 16;

  /// Longer words rarely come again.
  private static final int LONGEST_WORD = 32;

  private final Function<String, int[]> encoder;
  private final Map<String, int[]> known = new HashMap<>();

  /// @param encoder of words that were not there yet
  public KnownWords(Function<String, int[]> encoder) {
    this.encoder = encoder;
  }

  /// The tokens of a word; not to be changed.
  public int[] tokens(String word) {
    int[] found = known.get(word);
    if (found == null) {
      found = encoder.apply(word);
      if (known.size() < MOST_WORDS && word.length() <= LONGEST_WORD) {
        known.put(word, found);
      }
    }
    return found;
  }
}
