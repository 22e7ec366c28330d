package dev.zonda.convert.tokenizers;

import dev.zonda.convert.tokenizers.words.IntList;
import dev.zonda.convert.tokenizers.words.LongHeap;

/// Merges the symbols of one word after the other into tokens: begins with single bytes, or
/// characters, and joins the pair that is first in the table of merges, the leftmost of equals,
/// until none is left. It takes n log n steps for a word of n symbols. Not for use by several
/// threads.
final class BytePairMerger {
  private static final int GONE = -2;
  private static final int NO_SYMBOL = -1;

  private final MergeTable merges;

  // The symbols that are left are a linked list over the bytes where they begin.
  private int[] tokens = new int[64];
  private int[] previous = new int[64];
  private int[] next = new int[64];
  private final LongHeap queue = new LongHeap();

  BytePairMerger(MergeTable merges) {
    this.merges = merges;
  }

  /// The tokens that the tokens of single symbols become. Those that are negative are left out.
  int[] merge(int[] symbols) {
    int length = symbols.length;
    reserve(length);
    for (int i = 0; i < length; i++) {
      tokens[i] = symbols[i];
      previous[i] = i - 1;
      next[i] = i + 1 < length ? i + 1 : NO_SYMBOL;
    }
    queue.clear();
    for (int i = 0; i < length - 1; i++) {
      offer(i);
    }
    while (!queue.isEmpty()) {
      long first = queue.poll();
      join((int) first, (int) (first >>> 32));
    }
    IntList result = new IntList();
    for (int symbol = length == 0 ? NO_SYMBOL : 0; symbol != NO_SYMBOL; symbol = next[symbol]) {
      if (tokens[symbol] >= 0) {
        result.add(tokens[symbol]);
      }
    }
    return result.toArray();
  }

  private void join(int left, int rank) {
    int right = tokens[left] == GONE ? NO_SYMBOL : next[left];
    if (right == NO_SYMBOL) {
      return;
    }
    int place = merges.find(tokens[left], tokens[right]);
    // As in the library, another pair may have come that makes the same token.
    boolean outdated = place == MergeTable.NONE || merges.union(place) != merges.unionOfRank(rank);
    if (outdated) {
      return;
    }
    tokens[left] = merges.union(place);
    tokens[right] = GONE;
    next[left] = next[right];
    if (next[left] != NO_SYMBOL) {
      previous[next[left]] = left;
      offer(left);
    }
    if (previous[left] != NO_SYMBOL) {
      offer(previous[left]);
    }
  }

  private void offer(int left) {
    int right = next[left];
    if (tokens[left] < 0 || tokens[right] < 0) {
      return;
    }
    int place = merges.find(tokens[left], tokens[right]);
    if (place != MergeTable.NONE) {
      queue.add(((long) merges.rank(place) << 32) | left);
    }
  }

  private void reserve(int length) {
    if (length > tokens.length) {
      int size = Math.max(length, 2 * tokens.length);
      tokens = new int[size];
      previous = new int[size];
      next = new int[size];
    }
  }
}
