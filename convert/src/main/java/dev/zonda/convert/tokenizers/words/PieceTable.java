package dev.zonda.convert.tokenizers.words;

import java.util.List;

/// Finds the id of a token from its text, without making a string of it: an open-addressing hash
/// table over ranges of characters. Where two tokens have the same text, the later one is found.
public final class PieceTable {
  public static final int NONE = -1;

  private final List<String> pieces;
  private final int[] slots;
  private final int longest;

  public PieceTable(List<String> pieces) {
    this.pieces = pieces;
    int size = Integer.highestOneBit(Math.max(8, pieces.size())) << 2;
    this.slots = new int[size];
    int max = 0;
    for (int id = 0; id < pieces.size(); id++) {
      String piece = pieces.get(id);
      max = Math.max(max, piece.length());
      char[] chars = piece.toCharArray();
      slots[slot(chars, 0, chars.length)] = id + 1;
    }
    this.longest = max;
  }

  /// The id of the token with this text, or [#NONE].
  public int find(char[] text, int from, int to) {
    return to - from > longest ? NONE : slots[slot(text, from, to)] - 1;
  }

  /// How many characters a token has.
  public int length(int id) {
    return pieces.get(id).length();
  }

  public int find(String text) {
    return find(text.toCharArray(), 0, text.length());
  }

  /// Where the text is, or would go.
  private int slot(char[] text, int from, int to) {
    int hash = 0;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + text[i];
    }
    hash *= 0x9e3779b9;
    int slot = (hash ^ hash >>> 15) & slots.length - 1;
    while (slots[slot] != 0 && !matches(pieces.get(slots[slot] - 1), text, from, to)) {
      slot = slot + 1 & slots.length - 1;
    }
    return slot;
  }

  private static boolean matches(String piece, char[] text, int from, int to) {
    if (piece.length() != to - from) {
      return false;
    }
    for (int i = from; i < to; i++) {
      if (piece.charAt(i - from) != text[i]) {
        return false;
      }
    }
    return true;
  }
}
