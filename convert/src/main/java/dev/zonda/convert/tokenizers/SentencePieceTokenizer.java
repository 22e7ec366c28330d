package dev.zonda.convert.tokenizers;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.IntStream;

/// SentencePiece's byte-pair encoding with byte fallback, from a GGUF vocabulary of the model
/// `llama`. Gives the ids that llama.cpp gives.
final class SentencePieceTokenizer implements Tokenizer {
  /// The sign that stands for a space inside tokens.
  static final char SPACE_SIGN = '\u2581';

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

  private final List<String> pieces;
  private final float[] scores;
  private final TokenType[] types;
  private final PieceTable table;
  private final int[] userDefined;
  private final int[] named;
  private final int[] byteTokens;
  private final OptionalInt bos;
  private final OptionalInt eos;
  private final boolean addsBos;
  private final boolean addsEos;
  private final boolean spacePrefix;

  static SentencePieceTokenizer of(Metadata metadata) throws FormatException {
    List<MetadataValue> tokens =
        metadata
            .array(TokenizerKeys.TOKENS)
            .orElseThrow(() -> problem(TokenizerKeys.TOKENS, "missing, expected an array"));
    List<String> pieces = new ArrayList<>(tokens.size());
    for (MetadataValue token : tokens) {
      if (!(token instanceof MetadataValue.Text(String text))) {
        throw problem(TokenizerKeys.TOKENS, "holds " + token.type() + ", expected strings");
      }
      // An empty token would be found everywhere.
      pieces.add(text.isEmpty() ? "[EMPTY_" + pieces.size() + "]" : text);
    }
    return new SentencePieceTokenizer(metadata, pieces);
  }

  private SentencePieceTokenizer(Metadata metadata, List<String> pieces) throws FormatException {
    this.pieces = pieces;
    this.table = new PieceTable(pieces);
    this.scores = scores(metadata, pieces.size());
    this.types = types(metadata, pieces);
    this.userDefined = longestFirst(EnumSet.of(TokenType.USER_DEFINED));
    this.named =
        longestFirst(EnumSet.of(TokenType.USER_DEFINED, TokenType.CONTROL, TokenType.UNKNOWN));
    this.bos = token(metadata, TokenizerKeys.BOS_ID, 1);
    this.eos = token(metadata, TokenizerKeys.EOS_ID, 2);
    OptionalInt unknown = token(metadata, TokenizerKeys.UNKNOWN_ID, 0);
    this.addsBos = metadata.bool(TokenizerKeys.ADD_BOS).orElse(true) && bos.isPresent();
    this.addsEos = metadata.bool(TokenizerKeys.ADD_EOS).orElse(false) && eos.isPresent();
    this.spacePrefix = metadata.bool(TokenizerKeys.ADD_SPACE_PREFIX).orElse(true);
    this.byteTokens = byteTokens(unknown.orElse(0));
  }

  /// The tokens of some types, those with the longest text first: the order in which they are
  /// looked for in a text.
  private int[] longestFirst(Set<TokenType> wanted) {
    return IntStream.range(0, pieces.size())
        .filter(id -> wanted.contains(types[id]))
        .boxed()
        .sorted(Comparator.comparingInt(id -> -utf8(pieces.get(id)).length))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  @Override
  public int[] encode(String text, ControlNames names) {
    IntStream.Builder ids = IntStream.builder();
    boolean afterToken = true;
    for (Object fragment : split(text, names == ControlNames.TEXT ? userDefined : named)) {
      if (fragment instanceof String words) {
        String prefixed = spacePrefix && afterToken ? " " + words : words;
        new BigramMerger(table, scores, prefixed.replace(' ', SPACE_SIGN))
            .run(ids::add, value -> ids.add(byteTokens[value]));
        afterToken = false;
      } else {
        ids.add((Integer) fragment);
        afterToken = true;
      }
    }
    return ids.build().toArray();
  }

  /// The text cut at every one of these tokens in it. Elements are strings and, for tokens, their
  /// ids.
  private List<Object> split(String text, int[] tokens) {
    List<Object> fragments = text.isEmpty() ? List.of() : List.of(text);
    for (int id : tokens) {
      String piece = pieces.get(id);
      List<Object> pieceByPiece = new ArrayList<>();
      for (Object fragment : fragments) {
        if (fragment instanceof String words) {
          cut(words, piece, id, pieceByPiece);
        } else {
          pieceByPiece.add(fragment);
        }
      }
      fragments = pieceByPiece;
    }
    return fragments;
  }

  private static void cut(String words, String piece, int id, List<Object> fragments) {
    int from = 0;
    for (int at = words.indexOf(piece); at >= 0; at = words.indexOf(piece, from)) {
      if (at > from) {
        fragments.add(words.substring(from, at));
      }
      fragments.add(id);
      from = at + piece.length();
    }
    if (from < words.length()) {
      fragments.add(words.substring(from));
    }
  }

  @Override
  public int[] encodeDocument(String text) {
    IntStream before = addsBos ? IntStream.of(bos.getAsInt()) : IntStream.empty();
    IntStream after = addsEos ? IntStream.of(eos.getAsInt()) : IntStream.empty();
    return IntStream.concat(IntStream.concat(before, Arrays.stream(encode(text))), after).toArray();
  }

  @Override
  public String decode(int[] tokens) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    boolean first = spacePrefix;
    for (int token : tokens) {
      byte[] piece = pieceBytes(token);
      boolean dropsSpace = first && piece.length > 0 && piece[0] == ' ';
      bytes.write(piece, dropsSpace ? 1 : 0, piece.length - (dropsSpace ? 1 : 0));
      // The space that encoding put before the text goes, even behind a BOS.
      first = first && piece.length == 0;
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private byte[] pieceBytes(int token) {
    if (token < 0 || token >= pieces.size()) {
      throw new IllegalArgumentException(
          "token " + token + " is not from 0 to " + (pieces.size() - 1));
    }
    String piece = pieces.get(token);
    return switch (types[token]) {
      case CONTROL, UNKNOWN, UNUSED -> new byte[0];
      case USER_DEFINED -> utf8(piece);
      case NORMAL -> utf8(piece.replace(SPACE_SIGN, ' '));
      case BYTE -> byteOf(piece).map(value -> new byte[] {value}).orElseGet(() -> utf8(piece));
    };
  }

  @Override
  public int size() {
    return pieces.size();
  }

  @Override
  public OptionalInt bos() {
    return bos;
  }

  @Override
  public OptionalInt eos() {
    return eos;
  }

  @Override
  public boolean addsBos() {
    return addsBos;
  }

  /// The token of every byte: `<0x41>`, or the character itself, or the unknown token.
  private int[] byteTokens(int unknown) {
    int[] tokens = new int[256];
    for (int value = 0; value < tokens.length; value++) {
      int token =
          table.find("<0x" + HexFormat.of().withUpperCase().toHexDigits((byte) value) + ">");
      if (token == PieceTable.NONE && value < 0x80) {
        token = table.find(String.valueOf((char) value));
      }
      tokens[value] = token == PieceTable.NONE ? unknown : token;
    }
    return tokens;
  }

  /// The byte that a token such as `<0x0A>` stands for.
  private static Optional<Byte> byteOf(String piece) {
    if (!piece.matches("<0x[0-9A-Fa-f]{2}>")) {
      return Optional.empty();
    }
    return Optional.of((byte) HexFormat.fromHexDigits(piece, 3, 5));
  }

  private static float[] scores(Metadata metadata, int count) throws FormatException {
    float[] scores = new float[count];
    Optional<List<MetadataValue>> values = metadata.array(TokenizerKeys.SCORES);
    if (values.isEmpty()) {
      return scores;
    }
    requireSize(TokenizerKeys.SCORES, values.get().size(), count);
    for (int id = 0; id < count; id++) {
      scores[id] =
          switch (values.get().get(id)) {
            // Minus zero becomes zero: equal scores must compare equal.
            case MetadataValue.Float32(float value) -> value + 0f;
            case MetadataValue.Int32(int value) -> value;
            case MetadataValue value ->
                throw problem(TokenizerKeys.SCORES, "holds " + value.type() + ", expected FLOAT32");
          };
    }
    return scores;
  }

  private static TokenType[] types(Metadata metadata, List<String> pieces) throws FormatException {
    TokenType[] types = new TokenType[pieces.size()];
    Arrays.fill(types, TokenType.NORMAL);
    Optional<List<MetadataValue>> values = metadata.array(TokenizerKeys.TOKEN_TYPE);
    if (values.isPresent()) {
      requireSize(TokenizerKeys.TOKEN_TYPE, values.get().size(), types.length);
    }
    for (int id = 0; id < types.length; id++) {
      if (values.isPresent()) {
        if (!(values.get().get(id) instanceof MetadataValue.Int32(int type))) {
          throw problem(TokenizerKeys.TOKEN_TYPE, "holds no INT32 values");
        }
        types[id] = TokenType.ofId(type);
      }
      if (types[id] != TokenType.BYTE && ENDS_OF_GENERATION.contains(pieces.get(id))) {
        types[id] = TokenType.CONTROL;
      }
    }
    return types;
  }

  private static OptionalInt token(Metadata metadata, String key, int usual) {
    int size = metadata.array(TokenizerKeys.TOKENS).map(List::size).orElse(0);
    OptionalLong id = metadata.integer(key);
    long token = id.orElse(usual);
    return token >= 0 && token < size ? OptionalInt.of((int) token) : OptionalInt.empty();
  }

  private static void requireSize(String key, int found, int tokens) throws FormatException {
    if (found < tokens) {
      throw problem(key, "has " + found + " values for " + tokens + " tokens");
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static FormatException problem(String key, String found) {
    return FormatException.in(Path.of("GGUF metadata"), key + ": " + found);
  }
}
