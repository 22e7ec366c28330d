package dev.zonda.cli.render;

/// Text that cannot harm a terminal. Names in a checkpoint are chosen by strangers: they may hold
/// escape sequences, line breaks, or marks that turn the writing direction around.
public final class SafeText {
  private SafeText() {}

  /// The text with every control and format character replaced by its `\\u` escape.
  public static String line(String text) {
    if (text.codePoints().allMatch(SafeText::isHarmless)) {
      return text;
    }
    StringBuilder safe = new StringBuilder(text.length() + 16);
    text.codePoints()
        .forEach(point -> {
          if (isHarmless(point)) {
            safe.appendCodePoint(point);
          } else {
            safe.append(escape(point));
          }
        });
    return safe.toString();
  }

  /// The text made harmless and shortened to a number of characters, the last of them an ellipsis.
  public static String shortened(String text, int limit) {
    int points = text.codePointCount(0, Math.min(text.length(), 2 * limit + 2));
    if (points <= limit) {
      return line(text);
    }
    return line(text.substring(0, text.offsetByCodePoints(0, limit - 1))) + "…";
  }

  static boolean isHarmless(int point) {
    return switch (Character.getType(point)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }

  private static String escape(int point) {
    return point == '\n'
        ? "\\n"
        : point == '\t'
            ? "\\t"
            : point == '\r'
                ? "\\r"
                : point > 0xffff ? "\\u{%x}".formatted(point) : "\\u%04x".formatted(point);
  }
}
