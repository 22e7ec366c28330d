package dev.zonda.convert.tokenizers;

import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.convert.tokenizers.words.PreTokenizer;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/// Turns text into token ids and back, as the vocabulary in a model's GGUF metadata says. Immutable
/// and safe for use by many threads.
public sealed interface Tokenizer
    permits SentencePieceTokenizer, BytePairTokenizer, MergedPieceTokenizer, PlamoTokenizer {
  /// The tokenizer that GGUF metadata describe.
  ///
  /// @throws FormatException if they describe none, one of a kind that is not known here, or one
  ///   that contradicts itself
  static Tokenizer of(Metadata metadata) throws FormatException {
    String model =
        metadata
            .text(TokenizerKeys.MODEL)
            .orElseThrow(
                () -> problem(TokenizerKeys.MODEL + " is missing: the model has no vocabulary"));
    return switch (model) {
      case "llama" -> SentencePieceTokenizer.of(metadata);
      case "gpt2" ->
          areCharacters(metadata)
              ? MergedPieceTokenizer.ofCharacters(metadata)
              : BytePairTokenizer.of(metadata);
      case Gemma4Source.MODEL -> MergedPieceTokenizer.of(metadata);
      case PlamoTokenizer.MODEL -> PlamoTokenizer.of(metadata);
      default ->
          throw problem(
              TokenizerKeys.MODEL
                  + " is '"
                  + model
                  + "', expected 'llama' (SentencePiece), 'gpt2' (byte-level byte pairs), 'gemma4' or"
                  + " 'plamo2'");
    };
  }

  /// What the name of a control token, `</s>` for example, means in a text.
  enum ControlNames {
    /// Text like any other, so that a user's text cannot give commands.
    TEXT,
    /// The token, as in a prompt that a chat template made.
    TOKENS;

    /// What they mean to the model's own tokenizer: SentencePiece knows them as text. A file of
    /// SentencePiece's that comes with a tokenizer of Hugging Face's has the name of a
    /// pre-tokenizer.
    public static ControlNames usual(Metadata metadata) {
      boolean isSentencePieceAlone =
          metadata.text(TokenizerKeys.MODEL).equals(Optional.of("llama"))
              && metadata.get(TokenizerKeys.PRE).isEmpty();
      return isSentencePieceAlone ? TEXT : TOKENS;
    }
  }

  /// The tokens of a text alone: nothing is added before or after.
  int[] encode(String text, ControlNames names);

  /// The tokens of a text alone, where the names of control tokens are text.
  default int[] encode(String text) {
    return encode(text, ControlNames.TEXT);
  }

  /// The tokens of a document: [#encode] with the tokens before and after it that the model wants,
  /// usually a BOS.
  int[] encodeDocument(String text, ControlNames names);

  /// The tokens of a document, where the names of control tokens are text.
  default int[] encodeDocument(String text) {
    return encodeDocument(text, ControlNames.TEXT);
  }

  /// The text of tokens; bytes that are not UTF-8 become replacement characters.
  ///
  /// @param names whether control tokens are left out, or written by their names
  /// @throws IllegalArgumentException if one is not a token
  String decode(int[] tokens, ControlNames names);

  /// The text of tokens, where control tokens have none.
  default String decode(int[] tokens) {
    return decode(tokens, ControlNames.TEXT);
  }

  /// The bytes of one token, with the space before it if it has one; a control token's are its
  /// name.
  byte[] bytes(int token);

  /// The name of a token that is not text: a control token, an unused one.
  Optional<String> controlName(int token);

  /// Number of tokens.
  int size();

  /// The token that the model wants before a document, usually a BOS, if it wants one.
  OptionalInt beginning();

  /// The token that ends a document, if the vocabulary has one.
  OptionalInt eos();

  /// Whether a vocabulary of merges has characters instead of bytes.
  private static boolean areCharacters(Metadata metadata) throws FormatException {
    return metadata
        .text(TokenizerKeys.PRE)
        .flatMap(PreTokenizer::named)
        .filter(one -> one.has(PreTokenizer.Trait.PIECES))
        .isPresent();
  }

  private static FormatException problem(String text) {
    return FormatException.in(Path.of("GGUF metadata"), text);
  }
}
