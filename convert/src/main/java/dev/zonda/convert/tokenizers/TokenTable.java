package dev.zonda.convert.tokenizers;

import dev.zonda.convert.tokenizers.files.TokenType;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.convert.tokenizers.words.PieceTable;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/// What the vocabularies of all GGUF files have: texts and types of tokens, those with a role,
/// those that are looked for in a text before anything else.
final class TokenTable {
  /// Tokens that are control tokens by their text, whatever type the vocabulary gives them.
  private static final Set<String> ENDS_OF_GENERATION =
      Set.of(
          "<|eot_id|>",
          "<|im_end|>",
          "<|end|>",
          "<|return|>",
          "<|call|>",
          "<|flush|>",
          "<|calls|>",
          "<end_of_turn>",
          "<|endoftext|>",
          "</s>",
          "<|eom_id|>",
          "<EOT>",
          "_<EOT>",
          "[EOT]",
          "[EOS]",
          "<|end_of_text|>",
          "<end_of_utterance>",
          "<eos>",
          "<turn|>",
          "<|tool_response>",
          "<\uff5cend\u2581of\u2581sentence\uff5c>",
          "[e~[");

  private final Metadata metadata;
  private final List<String> pieces;
  private final TokenType[] types;
  private final PieceTable byText;
  private final AddedTokenFlags flags;

  static TokenTable of(Metadata metadata) throws FormatException {
    List<MetadataValue> tokens =
        metadata
            .array(TokenizerKeys.TOKENS)
            .orElseThrow(() -> problem(TokenizerKeys.TOKENS, "is missing, expected an array"));
    List<String> pieces = new ArrayList<>(tokens.size());
    for (MetadataValue token : tokens) {
      if (!(token instanceof MetadataValue.Text(String text))) {
        throw problem(TokenizerKeys.TOKENS, "holds " + token.type() + ", expected strings");
      }
      // An empty token would be found everywhere.
      pieces.add(text.isEmpty() ? "[EMPTY_" + pieces.size() + "]" : text);
    }
    return new TokenTable(metadata, pieces);
  }

  private TokenTable(Metadata metadata, List<String> pieces) throws FormatException {
    this.metadata = metadata;
    this.pieces = pieces;
    this.byText = new PieceTable(pieces);
    this.types = types();
    this.flags = AddedTokenFlags.of(metadata, pieces);
  }

  int size() {
    return pieces.size();
  }

  String piece(int id) {
    if (id < 0 || id >= pieces.size()) {
      throw new IllegalArgumentException(
          "token " + id + " is out of range, expected 0 to " + (size() - 1));
    }
    return pieces.get(id);
  }

  TokenType type(int id) {
    return types[id];
  }

  /// Whether a token is part of a text, and not a sign to the model.
  boolean isText(int id) {
    piece(id);
    return switch (types[id]) {
      case NORMAL, USER_DEFINED, BYTE -> true;
      case CONTROL, UNKNOWN, UNUSED -> false;
    };
  }

  PieceTable byText() {
    return byText;
  }

  /// Whether a token is looked for in texts by its name.
  boolean isLookedFor(int id, Tokenizer.ControlNames names) {
    return switch (types[id]) {
      case USER_DEFINED -> true;
      case CONTROL, UNKNOWN -> names == Tokenizer.ControlNames.TOKENS;
      case NORMAL, UNUSED, BYTE -> false;
    };
  }

  /// The two rounds in which tokens are looked for in texts by their names.
  AddedTokenRounds rounds(Tokenizer.ControlNames names, UnaryOperator<String> normalizer) {
    SequencedMap<Integer, String> texts = new LinkedHashMap<>();
    for (int id = 0; id < pieces.size(); id++) {
      if (isLookedFor(id, names)) {
        texts.put(id, pieces.get(id));
      }
    }
    return AddedTokenRounds.of(texts, flags, normalizer);
  }

  /// What finds tokens in a text, all in one round.
  ///
  /// @param spelling how a token's text stands in texts
  AddedTokenFinder finder(IntPredicate wanted, UnaryOperator<String> spelling) {
    int[] ids = IntStream.range(0, pieces.size()).filter(wanted).toArray();
    List<String> texts = Arrays.stream(ids).mapToObj(id -> spelling.apply(pieces.get(id))).toList();
    return new AddedTokenFinder(texts, ids, flags);
  }

  /// The token of a role.
  ///
  /// @param usual the id where the file names none
  OptionalInt role(String key, int usual) {
    OptionalLong id = metadata.integer(key);
    long token = id.orElse(usual);
    return token >= 0 && token < size() ? OptionalInt.of((int) token) : OptionalInt.empty();
  }

  /// The UTF-8 bytes of a token that is not encoded in any way.
  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static FormatException problem(String key, String found) {
    return FormatException.in(Path.of("GGUF metadata"), key + " " + found);
  }

  static void requireSize(String key, int found, int tokens) throws FormatException {
    if (found < tokens) {
      throw problem(key, "has " + found + " values for " + tokens + " tokens");
    }
  }

  private TokenType[] types() throws FormatException {
    TokenType[] found = new TokenType[pieces.size()];
    Arrays.fill(found, TokenType.NORMAL);
    Optional<List<MetadataValue>> values = metadata.array(TokenizerKeys.TOKEN_TYPE);
    if (values.isPresent()) {
      requireSize(TokenizerKeys.TOKEN_TYPE, values.get().size(), found.length);
    }
    for (int id = 0; id < found.length; id++) {
      if (values.isPresent()) {
        if (!(values.get().get(id) instanceof MetadataValue.Int32(int type))) {
          throw problem(TokenizerKeys.TOKEN_TYPE, "holds values that are not INT32");
        }
        found[id] = TokenType.ofId(type);
      }
      if (found[id] != TokenType.BYTE && ENDS_OF_GENERATION.contains(pieces.get(id))) {
        found[id] = TokenType.CONTROL;
      }
    }
    return found;
  }
}
