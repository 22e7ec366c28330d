package dev.zonda.convert.tokenizers;

import java.text.Normalizer;

/// Unicode's normalization form C.
final class Composition {
  /// The library sorts marks on one letter in quadratic time; no writing has as many.
  private static final int MOST_MARKS = 256;

  private Composition() {}

  /// The text composed. Beyond 256 marks on one letter, those behind are composed by themselves.
  static String of(String text) {
    if (isSimple(text)) {
      return text;
    }
    StringBuilder composed = new StringBuilder(text.length());
    int from = 0;
    int marks = 0;
    for (int at = 0; at < text.length(); ) {
      int point = text.codePointAt(at);
      marks = isMark(point) ? marks + 1 : 0;
      if (marks > MOST_MARKS) {
        composed.append(Normalizer.normalize(text.substring(from, at), Normalizer.Form.NFC));
        from = at;
        marks = 0;
      }
      at += Character.charCount(point);
    }
    return composed
        .append(Normalizer.normalize(text.substring(from), Normalizer.Form.NFC))
        .toString();
  }

  /// Whether there can be nothing to compose: all below the first combining mark.
  private static boolean isSimple(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= 0x300) {
        return false;
      }
    }
    return true;
  }

  private static boolean isMark(int point) {
    return switch (Character.getType(point)) {
      case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.COMBINING_SPACING_MARK ->
          true;
      default -> false;
    };
  }
}
