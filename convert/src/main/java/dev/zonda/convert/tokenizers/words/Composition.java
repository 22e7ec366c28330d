package dev.zonda.convert.tokenizers.words;

import java.text.Normalizer;

/// Unicode's normalization form C, as the library tokenizers has it: by the tables of Unicode 9, in
/// which newer characters neither compose nor change places.
public final class Composition {
  /// The library sorts marks on one letter in quadratic time; no writing has as many.
  private static final int MOST_MARKS = 256;

  private static final int FIRST_MARK = 0x300;

  /// Ranges of characters that later versions compose or sort: first and last of each, ascending.
  private static final int[] NEWER = {
    0x7fd, 0x7fd, 0x897, 0x89f, 0x8ca, 0x8d3, 0x9fe, 0x9fe, 0xc3c, 0xc3c, 0xd3b, 0xd3c, 0xeba,
    0xeba, 0x1715, 0x1715, 0x1abf, 0x1ace, 0x1df6, 0x1dfa, 0xa82c, 0xa82c, 0x105c9, 0x105c9,
    0x105d2, 0x105d2, 0x105da, 0x105da, 0x105e4, 0x105e4, 0x10d24, 0x10d27, 0x10d69, 0x10d6d,
    0x10eab, 0x10eac, 0x10efd, 0x10eff, 0x10f46, 0x10f50, 0x10f82, 0x10f85, 0x11070, 0x11070,
    0x1133b, 0x1133b, 0x11382, 0x11391, 0x113b8, 0x113d0, 0x1145e, 0x1145e, 0x11839, 0x1183a,
    0x11930, 0x11943, 0x119e0, 0x119e0, 0x11a34, 0x11a34, 0x11a47, 0x11a47, 0x11a99, 0x11a99,
    0x11d42, 0x11d45, 0x11d97, 0x11d97, 0x11f41, 0x11f42, 0x1611e, 0x1612f, 0x16d63, 0x16d6a,
    0x16ff0, 0x16ff1, 0x1e08f, 0x1e08f, 0x1e130, 0x1e136, 0x1e2ae, 0x1e2ae, 0x1e2ec, 0x1e2ef,
    0x1e4ec, 0x1e4ef, 0x1e5ee, 0x1e5ef
  };

  private Composition() {}

  /// The text composed. Beyond 256 marks on one letter, those after them are composed by
  /// themselves.
  public static String of(String text) {
    if (isSimple(text)) {
      return text;
    }
    StringBuilder composed = new StringBuilder(text.length());
    int from = 0;
    int marks = 0;
    for (int at = 0; at < text.length(); ) {
      int point = text.codePointAt(at);
      int next = at + Character.charCount(point);
      marks = isMark(point) ? marks + 1 : 0;
      if (isNewer(point)) {
        composed.append(compose(text, from, at)).appendCodePoint(point);
        from = next;
        marks = 0;
      } else if (marks > MOST_MARKS) {
        composed.append(compose(text, from, at));
        from = at;
        marks = 0;
      }
      at = next;
    }
    return composed.append(compose(text, from, text.length())).toString();
  }

  private static String compose(String text, int from, int to) {
    return Normalizer.normalize(text.substring(from, to), Normalizer.Form.NFC);
  }

  /// Whether there can be nothing to compose: all below the first combining mark.
  private static boolean isSimple(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= FIRST_MARK) {
        return false;
      }
    }
    return true;
  }

  private static boolean isNewer(int point) {
    for (int i = 0; i < NEWER.length && NEWER[i] <= point; i += 2) {
      if (point <= NEWER[i + 1]) {
        return true;
      }
    }
    return false;
  }

  private static boolean isMark(int point) {
    return switch (Character.getType(point)) {
      case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.COMBINING_SPACING_MARK ->
          true;
      default -> false;
    };
  }
}
