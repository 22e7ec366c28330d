package dev.zonda.convert.tokenizers;

import dev.zonda.convert.tokenizers.words.PieceTable;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// Finds added tokens in a text: the leftmost first, of several at one place the longest. One pass
/// over the text, however many tokens there are.
final class AddedTokenFinder {
  private static final Pattern WORD = Pattern.compile("\\w", Pattern.UNICODE_CHARACTER_CLASS);

  private final int[] ids;
  private final PieceTable texts;
  private final AddedTokenFlags flags;

  /// Lengths of the tokens that begin with a character, longest first.
  private final Map<Character, int[]> lengths = new HashMap<>();

  /// Receives the parts of a text in order.
  interface Parts {
    /// Text between tokens, never empty.
    ///
    /// @param from where in the whole text it begins
    void text(String text, int from);

    void token(int id);
  }

  /// @param texts what to look for
  /// @param ids the tokens that they are
  AddedTokenFinder(List<String> texts, int[] ids, AddedTokenFlags flags) {
    this.texts = new PieceTable(texts);
    this.ids = ids;
    this.flags = flags;
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
    int done = 0;
    int at = 0;
    while (at < characters.length) {
      int found = find(characters, at);
      if (found == PieceTable.NONE) {
        at++;
        continue;
      }
      int id = ids[found];
      int start = at;
      int end = at + texts.length(found);
      at = end;
      if (flags.singleWord().get(id) && isInWord(text, start, end)) {
        continue;
      }
      if (flags.left().get(id)) {
        start = Math.max(done, trimmedEnd(text, done, start));
      }
      if (flags.right().get(id)) {
        end = trimmedStart(text, end);
      }
      emit(text, done, start, parts);
      // Tokens in the white space that another one has taken are found all the same, unless they
      // take what is before them.
      if (start < end) {
        parts.token(id);
      }
      done = end;
    }
    emit(text, done, text.length(), parts);
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
      parts.text(text.substring(from, to), from);
    }
  }

  private static boolean isInWord(String text, int from, int to) {
    return (from > 0 && isWord(text.codePointBefore(from)))
        || (to < text.length() && isWord(text.codePointAt(to)));
  }

  private static boolean isWord(int character) {
    return WORD.matcher(Character.toString(character)).matches();
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

  /// Unicode's White_Space: Java's own notion has other characters among the control codes.
  private static boolean isSpace(char c) {
    return Character.isSpaceChar(c) || (c >= '\t' && c <= '\r') || c == '\u0085';
  }
}
