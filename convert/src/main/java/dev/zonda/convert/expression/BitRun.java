package dev.zonda.convert.expression;

/// Numbers of a few bits, one after the other through words of 32 bits, from the lowest bit on. A
/// number may begin in one word and end in the next.
final class BitRun {
  private BitRun() {}

  /// How many words these numbers take.
  static long words(long numbers, int bits) {
    return Math.ceilDiv(Math.multiplyExact(numbers, (long) bits), (long) Integer.SIZE);
  }

  /// One of the numbers.
  static int number(int[] words, int index, int bits) {
    long bit = (long) index * bits;
    int word = (int) (bit / Integer.SIZE);
    int above = word + 1 < words.length ? words[word + 1] : 0;
    return number(words[word], above, (int) (bit % Integer.SIZE), bits);
  }

  /// A number that begins in a word.
  ///
  /// @param above the word after it
  /// @param from the number's lowest bit
  static int number(int word, int above, int from, int bits) {
    int number = word >>> from;
    if (from + bits > Integer.SIZE) {
      number |= above << (Integer.SIZE - from);
    }
    return number & ((1 << bits) - 1);
  }
}
