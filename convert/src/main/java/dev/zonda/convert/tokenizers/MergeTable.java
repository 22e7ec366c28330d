package dev.zonda.convert.tokenizers;

import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.convert.tokenizers.words.PieceTable;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Which two tokens become which third one, and in which order: a hash table with open addressing
/// over pairs of ids.
final class MergeTable {
  static final int NONE = -1;

  private static final long EMPTY = -1;

  private final long[] pairs;
  private final int[] ranks;
  private final int[] unions;
  private final int[] unionsByRank;

  /// Which of two merges of the same pair counts.
  enum Duplicates {
    /// As in llama.cpp.
    FIRST,
    /// As in the library tokenizers.
    LAST
  }

  /// @param merges pairs of tokens, `left right`, in the order of their ranks; those of unknown
  ///   tokens never happen
  MergeTable(List<String> merges, PieceTable tokens, Duplicates duplicates) throws FormatException {
    int slots = Integer.highestOneBit(Math.max(8, merges.size())) << 2;
    this.pairs = new long[slots];
    this.ranks = new int[slots];
    this.unions = new int[slots];
    this.unionsByRank = new int[merges.size()];
    Arrays.fill(pairs, EMPTY);
    Arrays.fill(unionsByRank, NONE);
    for (int rank = 0; rank < merges.size(); rank++) {
      add(merges.get(rank), rank, tokens, duplicates);
    }
  }

  /// The merges of a GGUF file.
  static MergeTable of(Metadata metadata, PieceTable tokens) throws FormatException {
    List<MetadataValue> values =
        metadata
            .array(TokenizerKeys.MERGES)
            .orElseThrow(
                () -> TokenTable.problem(TokenizerKeys.MERGES, "is missing, expected an array"));
    List<String> merges = new ArrayList<>(values.size());
    for (MetadataValue value : values) {
      if (!(value instanceof MetadataValue.Text(String merge))) {
        throw TokenTable.problem(TokenizerKeys.MERGES, "holds values that are not strings");
      }
      merges.add(merge);
    }
    return new MergeTable(merges, tokens, Duplicates.FIRST);
  }

  /// Where the pair is, or [#NONE].
  int find(int left, int right) {
    int slot = slot(pair(left, right));
    return pairs[slot] == EMPTY ? NONE : slot;
  }

  /// The smaller, the earlier.
  int rank(int place) {
    return ranks[place];
  }

  /// The token that the two become.
  int union(int place) {
    return unions[place];
  }

  /// The token that a merge makes.
  int unionOfRank(int rank) {
    return unionsByRank[rank];
  }

  private void add(String merge, int rank, PieceTable tokens, Duplicates duplicates)
      throws FormatException {
    int space = merge.indexOf(' ', 1);
    if (space < 0 || space == merge.length() - 1) {
      throw TokenTable.problem(TokenizerKeys.MERGES, "holds '" + merge + "', expected two tokens");
    }
    char[] text = new char[merge.length() - 1];
    merge.getChars(0, space, text, 0);
    merge.getChars(space + 1, merge.length(), text, space);
    int left = tokens.find(text, 0, space);
    int right = tokens.find(text, space, text.length);
    int union = tokens.find(text, 0, text.length);
    if (left == PieceTable.NONE || right == PieceTable.NONE || union == PieceTable.NONE) {
      return;
    }
    long pair = pair(left, right);
    int slot = slot(pair);
    if (pairs[slot] == EMPTY || duplicates == Duplicates.LAST) {
      pairs[slot] = pair;
      ranks[slot] = rank;
      unions[slot] = union;
      unionsByRank[rank] = union;
    }
  }

  private static long pair(int left, int right) {
    return ((long) left << 32) | right;
  }

  private int slot(long pair) {
    long hash = pair * 0x9e3779b97f4a7c15L;
    int slot = (int) (hash >>> 32) & (pairs.length - 1);
    while (pairs[slot] != EMPTY && pairs[slot] != pair) {
      slot = (slot + 1) & (pairs.length - 1);
    }
    return slot;
  }
}
