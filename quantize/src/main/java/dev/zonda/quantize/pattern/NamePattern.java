package dev.zonda.quantize.pattern;

import java.nio.charset.StandardCharsets;
import java.util.Objects;

/// A pattern that is searched for in tensors' names: an ECMAScript regular expression as C++'s
/// `std::regex_search` understands it, in lower case. Back references, named classes and numbered
/// characters are not supported.
///
/// The search follows all ways through the pattern at once, so that its time is bounded by the
/// lengths of pattern and name. Immutable.
public final class NamePattern {
  private static final int MOST_CHARS = 1000;

  private final String text;
  private final Program program;

  private NamePattern(String text, Program program) {
    this.text = text;
    this.program = program;
  }

  /// @param text the pattern, whose letters are taken as lower case ones, even behind a backslash:
  ///   so does the reference
  /// @throws IllegalArgumentException if it is no pattern; the message says why
  public static NamePattern of(String text) {
    if (text.isEmpty() || text.length() > MOST_CHARS) {
      throw new IllegalArgumentException(
          "a pattern has 1 to %d characters, not %d".formatted(MOST_CHARS, text.length()));
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] >= 'A' && bytes[i] <= 'Z') {
        bytes[i] += (byte) ('a' - 'A');
      }
    }
    try {
      return new NamePattern(text, Program.of(PatternParser.parse(bytes)));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("pattern '" + text + "': " + e.getMessage(), e);
    }
  }

  /// Whether any part of a name matches.
  ///
  /// @param effort is charged for the search
  /// @throws IllegalArgumentException if the effort is too much
  public boolean isFoundIn(String name, SearchEffort effort) {
    return new Search(program, name.getBytes(StandardCharsets.UTF_8), effort).isFound();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof NamePattern that && text.equals(that.text);
  }

  @Override
  public int hashCode() {
    return Objects.hashCode(text);
  }

  /// The pattern as it was given.
  @Override
  public String toString() {
    return text;
  }
}
