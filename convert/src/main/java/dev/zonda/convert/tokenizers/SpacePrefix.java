package dev.zonda.convert.tokenizers;

import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.Optional;

/// Where a SentencePiece vocabulary sees a space that is not in the text.
enum SpacePrefix {
  /// Nowhere.
  NEVER,
  /// Before every piece of text between added tokens, as llama.cpp does.
  EACH,
  /// Before every piece that does not begin with a space: the scheme `always` of the pre-tokenizer
  /// `Metaspace`.
  EACH_UNLESS_SPACED,
  /// Before a text that begins neither with a space nor with an added token: its scheme `first`.
  FIRST_UNLESS_SPACED;

  /// Where a piece of text is.
  enum Place {
    /// The whole text begins with it.
    BEGINNING,
    BEHIND_TOKEN,
    BEHIND_TEXT
  }

  private static final String ALWAYS = "always";
  private static final String FIRST = "first";

  /// What the metadata of a GGUF file say.
  static SpacePrefix of(Metadata metadata) throws FormatException {
    if (!metadata.bool(TokenizerKeys.ADD_SPACE_PREFIX).orElse(true)) {
      return NEVER;
    }
    Optional<String> scheme = metadata.text(TokenizerKeys.PREPEND_SCHEME);
    return switch (scheme.orElse("")) {
      case "" -> EACH;
      case ALWAYS -> EACH_UNLESS_SPACED;
      case FIRST -> FIRST_UNLESS_SPACED;
      default ->
          throw TokenTable.problem(
              TokenizerKeys.PREPEND_SCHEME,
              "is '%s', expected '%s' or '%s'".formatted(scheme.get(), ALWAYS, FIRST));
    };
  }

  /// The value of [TokenizerKeys#PREPEND_SCHEME], where llama.cpp's own way is another.
  Optional<String> scheme() {
    return switch (this) {
      case NEVER, EACH -> Optional.empty();
      case EACH_UNLESS_SPACED -> Optional.of(ALWAYS);
      case FIRST_UNLESS_SPACED -> Optional.of(FIRST);
    };
  }

  /// Whether there is one before a piece of text.
  ///
  /// @param text the piece, not empty
  boolean isBefore(String text, Place place) {
    boolean spaced = text.charAt(0) == ' ' || text.charAt(0) == SentencePieceTokenizer.SPACE_SIGN;
    return switch (this) {
      case NEVER -> false;
      case EACH -> place != Place.BEHIND_TEXT;
      case EACH_UNLESS_SPACED -> place != Place.BEHIND_TEXT && !spaced;
      case FIRST_UNLESS_SPACED -> place == Place.BEGINNING && !spaced;
    };
  }

  /// A description for messages.
  String described() {
    return switch (this) {
      case NEVER -> "no space before a text";
      case EACH -> "a space before every piece of text";
      case EACH_UNLESS_SPACED -> "a space before every piece of text that begins with none";
      case FIRST_UNLESS_SPACED -> "a space before a text, but not after an added token";
    };
  }
}
