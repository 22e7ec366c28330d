package dev.zonda.quantize.pattern;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/// A pattern for the names of tensors or modules: an ECMAScript regular expression. Back
/// references, named classes and numbered characters are not supported.
///
/// The search follows all ways through the pattern at once, so that its time is bounded by the
/// lengths of pattern and name. Immutable.
public final class NamePattern {
  private static final int MOST_CHARS = 1000;

  private final String text;
  private final Place place;
  private final Program program;

  /// Where a name has to match.
  private enum Place {
    ANYWHERE,
    AT_START
  }

  private NamePattern(String text, Place place, Node pattern) {
    this.text = text;
    this.place = place;
    this.program = Program.of(pattern);
  }

  /// A pattern that is searched for anywhere in a name, in lower case, as C++'s `std::regex_search`
  /// does.
  ///
  /// @param text the pattern, whose letters are taken as lower case ones, even after a backslash,
  ///   as in llama-quantize
  /// @throws IllegalArgumentException if it is not a pattern; the message says why
  public static NamePattern of(String text) {
    byte[] bytes = bytes(text);
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] >= 'A' && bytes[i] <= 'Z') {
        bytes[i] += (byte) ('a' - 'A');
      }
    }
    try {
      return new NamePattern(text, Place.ANYWHERE, PatternParser.parse(bytes));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("pattern '" + text + "': " + e.getMessage(), e);
    }
  }

  /// A pattern that a name must begin with, as Python's `re.match` has it.
  ///
  /// @throws IllegalArgumentException if it is not a pattern; the message says why
  public static NamePattern atStart(String text) {
    byte[] bytes = bytes(text);
    try {
      Node start = new Node.At(Program.Op.START);
      Node pattern = new Node.Sequence(List.of(start, PatternParser.parse(bytes)));
      return new NamePattern(text, Place.AT_START, pattern);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("pattern '" + text + "': " + e.getMessage(), e);
    }
  }

  private static byte[] bytes(String text) {
    if (text.isEmpty() || text.length() > MOST_CHARS) {
      throw new IllegalArgumentException(
          "a pattern has 1 to %d characters, not %d".formatted(MOST_CHARS, text.length()));
    }
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /// Whether a name matches, or any part of it.
  ///
  /// @param effort is charged for the search
  /// @throws IllegalArgumentException if the effort is too much
  public boolean isFoundIn(String name, SearchEffort effort) {
    return new Search(program, name.getBytes(StandardCharsets.UTF_8), effort).isFound();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof NamePattern that && text.equals(that.text) && place == that.place;
  }

  @Override
  public int hashCode() {
    return Objects.hash(text, place);
  }

  /// The pattern as it was given.
  @Override
  public String toString() {
    return text;
  }
}
