package dev.zonda.cli.render;

import java.util.ArrayList;
import java.util.List;

/// How much room text takes on a terminal, and text in lines that fit.
final class TextWidth {
  private TextWidth() {}

  /// Columns that a text takes.
  static int of(String text) {
    return text.codePoints().map(TextWidth::of).sum();
  }

  /// Two for the letters of East Asia and for pictures, none for marks on other letters.
  private static int of(int point) {
    return switch (Character.getType(point)) {
      case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK -> 0;
      default -> isWide(point) ? 2 : 1;
    };
  }

  private static boolean isWide(int point) {
    return (point >= 0x1100 && point <= 0x115f)
        || (point >= 0x2e80 && point <= 0xa4cf && point != 0x303f)
        || (point >= 0xac00 && point <= 0xd7a3)
        || (point >= 0xf900 && point <= 0xfaff)
        || (point >= 0xfe30 && point <= 0xfe6f)
        || (point >= 0xff00 && point <= 0xff60)
        || (point >= 0xffe0 && point <= 0xffe6)
        || (point >= 0x1f300 && point <= 0x1f64f)
        || (point >= 0x1f900 && point <= 0x1f9ff)
        || (point >= 0x20000 && point <= 0x3fffd);
  }

  /// A text in lines, broken between words where that can be.
  ///
  /// @param columns of a line, at least 2
  static List<String> wrapped(String text, int columns) {
    List<String> lines = new ArrayList<>();
    String rest = text;
    while (of(rest) > columns) {
      int end = fitting(rest, columns);
      int space = rest.lastIndexOf(' ', end);
      if (space > 0) {
        lines.add(rest.substring(0, space).stripTrailing());
        rest = rest.substring(space + 1).stripLeading();
      } else {
        lines.add(rest.substring(0, end));
        rest = rest.substring(end);
      }
    }
    lines.add(rest);
    return lines;
  }

  /// How many chars at a text's start fit.
  private static int fitting(String text, int columns) {
    int end = 0;
    int width = 0;
    while (end < text.length()) {
      int point = text.codePointAt(end);
      width += of(point);
      if (width > columns) {
        break;
      }
      end += Character.charCount(point);
    }
    return Math.max(end, Character.charCount(text.codePointAt(0)));
  }
}
