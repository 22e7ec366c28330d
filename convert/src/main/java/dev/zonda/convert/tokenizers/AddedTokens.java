package dev.zonda.convert.tokenizers;

import java.util.Set;

/// What tokens that were added to a vocabulary are, judged by their text.
final class AddedTokens {
  private static final Set<String> SPECIAL = Set.of("<pad>", "<mask>", "<2mass>", "[@BOS@]");

  private AddedTokens() {}

  /// Whether a token is surely meant as a control token, though its checkpoint does not say so.
  static boolean looksSpecial(String text) {
    return SPECIAL.contains(text)
        || (text.startsWith("<|") && text.endsWith("|>"))
        || (text.startsWith("<\uff5c") && text.endsWith("\uff5c>"))
        || (text.startsWith("<unused") && text.endsWith(">"));
  }

  /// The text with spaces as themselves, as llama.cpp looks for user-defined tokens in text.
  static String withSpaces(String text) {
    return text.replace(SentencePieceTokenizer.SPACE_SIGN, ' ');
  }
}
