package dev.zonda.convert.tokenizers;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/// Finds added tokens in a text: the leftmost first, of several at one place the longest. One pass
/// over the text, however many tokens there are.
final class AddedTokenFinder {
  private final int[] ids;
  private final PieceTable texts;
  private final StrippedSpace stripped;

  /// Lengths of the tokens that begin with a character, longest first.
  private final Map<Character, int[]> lengths = new HashMap<>();

  /// What hears the parts of a text in order.
  interface Parts {
    /// Text between tokens, never empty.
    void text(String text);

    void token(int id);
  }

  /// @param texts what to look for
  /// @param ids the tokens that they are
  AddedTokenFinder(List<String> texts, int[] ids, StrippedSpace stripped) {
    this.texts = new PieceTable(texts);
    this.ids = ids;
    this.stripped = stripped;
    Map<Character, TreeSet<Integer>> found = new HashMap<>();
    for (String text : texts) {
      found
          .computeIfAbsent(text.charAt(0), _ -> new TreeSet<>(Comparator.reverseOrder()))
          .add(text.length());
    }
    found.forEach(
        (first, all) -> lengths.put(first, all.stream().mapToInt(Integer::intValue).toArray()));
  }

  /// Cuts a text at every token in it.
  void split(String text, Parts parts) {
    if (lengths.isEmpty()) {
      emit(text, 0, text.length(), parts);
      return;
    }
    char[] characters = text.toCharArray();
    int from = 0;
    int at = 0;
    while (at < characters.length) {
      int found = find(characters, at);
      if (found == PieceTable.NONE) {
        at++;
        continue;
      }
      int id = ids[found];
      int end = stripped.left().get(id) ? trimmedEnd(text, from, at) : at;
      emit(text, from, end, parts);
      parts.token(id);
      from = at + texts.length(found);
      if (stripped.right().get(id)) {
        from = trimmedStart(text, from);
      }
      at = from;
    }
    emit(text, from, text.length(), parts);
  }

  private int find(char[] text, int at) {
    int[] candidates = lengths.get(text[at]);
    if (candidates == null) {
      return PieceTable.NONE;
    }
    for (int length : candidates) {
      if (length <= text.length - at) {
        int found = texts.find(text, at, at + length);
        if (found != PieceTable.NONE) {
          return found;
        }
      }
    }
    return PieceTable.NONE;
  }

  private static void emit(String text, int from, int to, Parts parts) {
    if (to > from) {
      parts.text(text.substring(from, to));
    }
  }

  private static int trimmedEnd(String text, int from, int to) {
    int end = to;
    while (end > from && isSpace(text.charAt(end - 1))) {
      end--;
    }
    return end;
  }

  private static int trimmedStart(String text, int from) {
    int start = from;
    while (start < text.length() && isSpace(text.charAt(start))) {
      start++;
    }
    return start;
  }

  private static boolean isSpace(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u0085';
  }
}
