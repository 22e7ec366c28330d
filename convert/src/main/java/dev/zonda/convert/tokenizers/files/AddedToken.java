package dev.zonda.convert.tokenizers.files;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.formats.FormatException;

/// A token that was added to a vocabulary: it is looked for in a text before anything else.
///
/// @param special whether it controls the model and is not text
/// @param normalized whether it is looked for in the text after normalization
/// @param leftStrip whether white space before it belongs to it
/// @param rightStrip whether white space after it belongs to it
/// @param singleWord whether it does not count next to letters or digits
public record AddedToken(
    String content,
    boolean special,
    boolean normalized,
    boolean leftStrip,
    boolean rightStrip,
    boolean singleWord) {

  /// Whether a token that is described is special.
  public enum Special {
    AS_FLAGGED,
    ALWAYS
  }

  /// A token as tokenizer.json's `added_tokens` and tokenizer_config.json's `added_tokens_decoder`
  /// describe it.
  public static AddedToken of(JsonFields token) throws FormatException {
    return of(token, Special.AS_FLAGGED);
  }

  public static AddedToken of(JsonFields token, Special rule) throws FormatException {
    String content =
        token
            .text("content")
            .orElseThrow(() -> token.problem("content", "is missing, expected a string"));
    boolean special = rule == Special.ALWAYS || token.bool("special").orElse(false);
    return new AddedToken(
        content,
        special,
        token.bool("normalized").orElse(!special),
        token.bool("lstrip").orElse(false),
        token.bool("rstrip").orElse(false),
        token.bool("single_word").orElse(false));
  }

  /// A token that a configuration names as special, and nothing more.
  public static AddedToken special(String content) {
    return new AddedToken(content, true, false, false, false, false);
  }

  /// A token of added_tokens.json, which says nothing but its id.
  public static AddedToken plain(String content) {
    return new AddedToken(content, false, true, false, false, false);
  }

  public AddedToken asSpecial() {
    return new AddedToken(content, true, normalized, leftStrip, rightStrip, singleWord);
  }
}
