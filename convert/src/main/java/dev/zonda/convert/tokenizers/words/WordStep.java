package dev.zonda.convert.tokenizers.words;

import java.util.Optional;
import java.util.regex.Pattern;

/// One step of cutting text into words: every match of a pattern becomes a piece of its own, and so
/// does what is between the matches. Or the step to the byte alphabet, in which later ones work.
///
/// @param definition in one spelling, by which steps are compared
/// @param pattern what to cut by; empty for the step to bytes
public record WordStep(String definition, Optional<Pattern> pattern) {
  /// From here on every byte is a character.
  public static final WordStep BYTES = new WordStep("bytes", Optional.empty());

  /// Spaces become signs, and nothing is cut: characters are merged, instead of bytes.
  public static final WordStep SIGNS = new WordStep("signs for spaces", Optional.empty());

  /// Runs of punctuation, ASCII's symbols among it.
  public static final WordStep PUNCTUATION = step("punctuation runs", "[\\p{P}$+<=>^`|~]+");

  /// Every digit alone.
  public static final WordStep DIGIT = step("each digit", "\\p{N}");

  /// Runs of digits.
  public static final WordStep DIGITS = step("digit runs", "\\p{N}+");

  public static WordStep split(String regex) {
    return new WordStep("split " + regex, Optional.of(WordPatterns.compile(regex)));
  }

  private static WordStep step(String definition, String regex) {
    return new WordStep(
        definition, Optional.of(Pattern.compile(regex, Pattern.UNICODE_CHARACTER_CLASS)));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof WordStep step && step.definition.equals(definition);
  }

  @Override
  public int hashCode() {
    return definition.hashCode();
  }

  @Override
  public String toString() {
    return definition;
  }
}
