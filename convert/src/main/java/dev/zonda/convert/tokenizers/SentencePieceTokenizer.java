package dev.zonda.convert.tokenizers;

import dev.zonda.convert.tokenizers.files.TokenType;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.convert.tokenizers.words.BigramMerger;
import dev.zonda.convert.tokenizers.words.IntList;
import dev.zonda.convert.tokenizers.words.KnownWords;
import dev.zonda.convert.tokenizers.words.PieceTable;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/// SentencePiece's byte-pair encoding with byte fallback, from a GGUF vocabulary of the model
/// `llama`. Gives the ids that llama.cpp gives.
final class SentencePieceTokenizer implements Tokenizer {
  /// The sign that stands for a space inside tokens.
  static final char SPACE_SIGN = '\u2581';

  private final TokenTable tokens;
  private final AddedTokenFinder userDefined;
  private final AddedTokenFinder named;
  private final AddedTokenFinder runsOfSpaces;
  private final float[] scores;
  private final int[] byteTokens;
  private final OptionalInt eos;
  private final Surroundings surroundings;
  private final SpacePrefix prefix;
  private final Cuts cuts;
  private final boolean staysInWords;

  /// Before which spaces a text is cut.
  enum Cuts {
    EVERY_SPACE,
    /// Only the first of several in a row.
    RUNS;

    static Cuts of(Metadata metadata) {
      return metadata.bool(TokenizerKeys.SPLITS_AT_SPACES).orElse(false) ? EVERY_SPACE : RUNS;
    }

    /// @param text with the sign for a space
    void cut(String text, Consumer<String> words) {
      int from = 0;
      for (int at = 1; at < text.length(); at++) {
        boolean isInRun = this == RUNS && text.charAt(at - 1) == SPACE_SIGN;
        if (text.charAt(at) == SPACE_SIGN && !isInRun) {
          words.accept(text.substring(from, at));
          from = at;
        }
      }
      words.accept(text.substring(from));
    }
  }

  static SentencePieceTokenizer of(Metadata metadata) throws FormatException {
    return new SentencePieceTokenizer(metadata, TokenTable.of(metadata));
  }

  private SentencePieceTokenizer(Metadata metadata, TokenTable tokens) throws FormatException {
    this.tokens = tokens;
    this.userDefined = finder(ControlNames.TEXT);
    this.named = finder(ControlNames.TOKENS);
    this.runsOfSpaces =
        tokens.finder(
            id -> tokens.type(id) == TokenType.USER_DEFINED && isSpaces(tokens.piece(id)),
            UnaryOperator.identity());
    this.scores = scores(metadata, tokens.size());
    this.eos = tokens.role(TokenizerKeys.EOS_ID, ImpliedRoles.SENTENCEPIECE.eos());
    OptionalInt unknown = tokens.role(TokenizerKeys.UNKNOWN_ID, 0);
    this.surroundings = Surroundings.of(metadata, tokens, ImpliedRoles.SENTENCEPIECE);
    this.prefix = SpacePrefix.of(metadata);
    this.cuts = Cuts.of(metadata);
    this.byteTokens = byteTokens(unknown.orElse(0));
    this.staysInWords =
        cuts == Cuts.EVERY_SPACE
            || IntStream.range(0, tokens.size()).noneMatch(id -> reachesOver(tokens.piece(id)));
  }

  private AddedTokenFinder finder(ControlNames names) {
    return tokens.finder(id -> tokens.isLookedFor(id, names), SentencePieceTokenizer::spelling);
  }

  TokenTable tokens() {
    return tokens;
  }

  Surroundings surroundings() {
    return surroundings;
  }

  /// Added tokens that are runs of spaces are looked for by the sign that stands for a space: in
  /// transformers' vocabularies they are spelled so.
  static String spelling(String piece) {
    return isSpaces(piece) ? piece.replace(' ', SPACE_SIGN) : piece;
  }

  /// Whether a token has the sign for a space after another character.
  static boolean reachesOver(String piece) {
    for (int i = 1; i < piece.length(); i++) {
      if (piece.charAt(i) == SPACE_SIGN && piece.charAt(i - 1) != SPACE_SIGN) {
        return true;
      }
    }
    return false;
  }

  private static boolean isSpaces(String piece) {
    return piece.chars().allMatch(c -> c == ' ');
  }

  @Override
  public int[] encode(String text, ControlNames names) {
    Encoding encoding = new Encoding();
    (names == ControlNames.TEXT ? userDefined : named).split(text, encoding);
    return encoding.ids.toArray();
  }

  /// The state of encoding one text.
  private final class Encoding implements AddedTokenFinder.Parts {
    private final IntList ids = new IntList();
    private final KnownWords known = new KnownWords(this::tokensOf);
    private SpacePrefix.Place place = SpacePrefix.Place.BEGINNING;

    /// Here the sign for a space is one, too; runs of them may be tokens.
    @Override
    public void text(String text, int from) {
      runsOfSpaces.split(text.replace(SPACE_SIGN, ' '), words);
    }

    private final AddedTokenFinder.Parts words =
        new AddedTokenFinder.Parts() {
          @Override
          public void text(String text, int from) {
            boolean prefixed = prefix.isBefore(text, place);
            cut((prefixed ? " " + text : text).replace(' ', SPACE_SIGN), Encoding.this::word);
            place = SpacePrefix.Place.BEHIND_TEXT;
          }

          @Override
          public void token(int id) {
            Encoding.this.token(id);
          }
        };

    private void cut(String text, Consumer<String> words) {
      if (staysInWords) {
        cuts.cut(text, words);
      } else {
        words.accept(text);
      }
    }

    private void word(String word) {
      ids.addAll(known.tokens(word));
    }

    private int[] tokensOf(String word) {
      IntList merged = new IntList();
      new BigramMerger(tokens.byText(), scores, word)
          .run(merged::add, value -> merged.add(byteTokens[value]));
      return merged.toArray();
    }

    @Override
    public void token(int id) {
      ids.add(id);
      place = SpacePrefix.Place.BEHIND_TOKEN;
    }
  }

  @Override
  public int[] encodeDocument(String text, ControlNames names) {
    return surroundings.around(encode(text, names));
  }

  @Override
  public String decode(int[] ids, ControlNames names) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    boolean first = prefix != SpacePrefix.NEVER;
    for (int id : ids) {
      if (names == ControlNames.TEXT && !tokens.isText(id)) {
        continue;
      }
      byte[] piece = bytes(id);
      boolean dropsSpace = first && piece.length > 0 && piece[0] == ' ';
      bytes.write(piece, dropsSpace ? 1 : 0, piece.length - (dropsSpace ? 1 : 0));
      // The space that encoding put before the text goes, even after a BOS.
      first = first && (piece.length == 0 || !tokens.isText(id));
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Override
  public byte[] bytes(int id) {
    String piece = tokens.piece(id);
    return switch (tokens.type(id)) {
      case CONTROL, UNKNOWN, UNUSED, USER_DEFINED -> TokenTable.utf8(piece);
      case NORMAL -> TokenTable.utf8(piece.replace(SPACE_SIGN, ' '));
      case BYTE ->
          byteOf(piece).map(value -> new byte[] {value}).orElseGet(() -> TokenTable.utf8(piece));
    };
  }

  @Override
  public Optional<String> controlName(int id) {
    return tokens.isText(id) ? Optional.empty() : Optional.of(tokens.piece(id));
  }

  @Override
  public int size() {
    return tokens.size();
  }

  @Override
  public OptionalInt beginning() {
    return surroundings.beginning();
  }

  @Override
  public OptionalInt eos() {
    return eos;
  }

  /// The token of every byte: `<0x41>`, or the character itself, or the unknown token.
  private int[] byteTokens(int unknown) {
    PieceTable table = tokens.byText();
    int[] found = new int[256];
    for (int value = 0; value < found.length; value++) {
      int token =
          table.find("<0x" + HexFormat.of().withUpperCase().toHexDigits((byte) value) + ">");
      if (token == PieceTable.NONE && value < 0x80) {
        token = table.find(String.valueOf((char) value));
      }
      found[value] = token == PieceTable.NONE ? unknown : token;
    }
    return found;
  }

  /// The byte that a token such as `<0x0A>` stands for.
  static Optional<Byte> byteOf(String piece) {
    if (!piece.matches("<0x[0-9A-Fa-f]{2}>")) {
      return Optional.empty();
    }
    return Optional.of((byte) HexFormat.fromHexDigits(piece, 3, 5));
  }

  static float[] scores(Metadata metadata, int count) throws FormatException {
    float[] scores = new float[count];
    Optional<List<MetadataValue>> values = metadata.array(TokenizerKeys.SCORES);
    if (values.isEmpty()) {
      return scores;
    }
    TokenTable.requireSize(TokenizerKeys.SCORES, values.get().size(), count);
    for (int id = 0; id < count; id++) {
      scores[id] =
          switch (values.get().get(id)) {
            // Minus zero becomes zero: equal scores must compare equal.
            case MetadataValue.Float32(float value) -> value + 0f;
            case MetadataValue.Int32(int value) -> value;
            case MetadataValue value ->
                throw TokenTable.problem(
                    TokenizerKeys.SCORES, "holds " + value.type() + ", expected FLOAT32");
          };
    }
    return scores;
  }
}
