package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.tokenizers.files.TokenType;
import dev.zonda.convert.tokenizers.files.TokenizerJson;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.convert.tokenizers.words.IntList;
import dev.zonda.convert.tokenizers.words.KnownWords;
import dev.zonda.convert.tokenizers.words.PieceTable;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataType;
import dev.zonda.formats.MetadataValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/// The tokenizer of a folder whose `tokenizer.json` has a vocabulary of SentencePiece's: characters
/// are merged in the order of its merges, where GGUF has scores, or of a file that has merges, too.
/// Gives the ids that the library tokenizers gives.
final class MergedPieceTokenizer implements Tokenizer {
  /// What GGUF's metadata say of the same vocabulary.
  private final SentencePieceTokenizer pieces;

  private final AddedTokenRounds userDefined;
  private final AddedTokenRounds named;
  private final SpaceScheme scheme;
  private final PieceTable base;
  private final MergeTable merges;
  private final boolean staysInWords;
  private final boolean wholeWords;
  private final boolean fusesUnknown;
  private final int unknown;
  private final int[] byteTokens = new int[256];

  /// What a vocabulary is besides its added tokens.
  ///
  /// @param wholeWords whether a text that is a token is taken as it is
  /// @param fusesUnknown whether neighbours without a token become one unknown token
  /// @param fallsBack whether characters without a token become bytes
  /// @param unknown token, or [PieceTable#NONE]
  private record Model(
      List<String> texts,
      PieceTable base,
      MergeTable merges,
      boolean wholeWords,
      boolean fusesUnknown,
      boolean fallsBack,
      int unknown) {
    static Model of(TokenizerJson file) throws FormatException {
      List<String> texts = List.of(HuggingFaceVocabulary.texts(file));
      PieceTable base = new PieceTable(texts);
      JsonFields model = file.fields().object("model").orElseThrow();
      return new Model(
          texts,
          base,
          new MergeTable(file.merges(), base, MergeTable.Duplicates.LAST),
          model.bool("ignore_merges").orElse(false),
          model.bool("fuse_unk").orElse(false),
          model.bool("byte_fallback").orElse(false),
          model.text("unk_token").map(base::find).orElse(PieceTable.NONE));
    }

    /// Gemma 4's.
    static Model of(Metadata metadata, TokenTable tokens) throws FormatException {
      List<String> texts = IntStream.range(0, tokens.size()).mapToObj(tokens::piece).toList();
      return new Model(
          texts,
          tokens.byText(),
          MergeTable.of(metadata, tokens.byText()),
          false,
          true,
          true,
          tokens.role(TokenizerKeys.UNKNOWN_ID, PieceTable.NONE).orElse(PieceTable.NONE));
    }
  }

  /// How the rounds are made in which added tokens are looked for.
  private interface Rounds {
    AddedTokenRounds of(ControlNames names, UnaryOperator<String> normalizer);
  }

  /// @param metadata the vocabulary as GGUF has it
  /// @param file where to read merges
  /// @param added its tokens that were added
  static MergedPieceTokenizer of(
      Metadata metadata, TokenizerJson file, SpaceScheme scheme, AddedVocabulary added)
      throws FormatException {
    SentencePieceTokenizer pieces = SentencePieceTokenizer.of(metadata);
    return new MergedPieceTokenizer(
        pieces,
        Model.of(file),
        scheme,
        (names, normalizer) -> added.rounds(pieces.tokens(), names, normalizer));
  }

  /// Metadata of the model `gpt2` whose tokens are pieces, as those of pieces: bytes among them are
  /// tokens like others there, no BOS is implied, and no space before a text.
  static Metadata asPieces(Metadata metadata) throws FormatException {
    TokenTable tokens = TokenTable.of(metadata);
    List<MetadataValue> types = new ArrayList<>();
    for (int id = 0; id < tokens.size(); id++) {
      boolean isByte =
          tokens.type(id) == TokenType.NORMAL
              && SentencePieceTokenizer.byteOf(tokens.piece(id)).isPresent();
      TokenType type = isByte ? TokenType.BYTE : tokens.type(id);
      types.add(new MetadataValue.Int32(type.id()));
    }
    boolean begins = metadata.bool(TokenizerKeys.ADD_BOS).orElse(false);
    return metadata.toBuilder()
        .put(TokenizerKeys.TOKEN_TYPE, new MetadataValue.Array(MetadataType.INT32, types))
        .putBool(TokenizerKeys.ADD_BOS, begins)
        .putBool(TokenizerKeys.ADD_SPACE_PREFIX, false)
        .build();
  }

  /// The tokenizer of a GGUF file of the model `gpt2` whose tokens are pieces. Added runs of signs
  /// for spaces are spaces there.
  static MergedPieceTokenizer ofCharacters(Metadata metadata) throws FormatException {
    Metadata described = asPieces(metadata);
    SentencePieceTokenizer pieces = SentencePieceTokenizer.of(described);
    List<String> texts =
        IntStream.range(0, pieces.size())
            .mapToObj(id -> SentencePieceTokenizer.spelling(pieces.tokens().piece(id)))
            .toList();
    TokenTable spelled =
        TokenTable.of(
            described.toBuilder()
                .put(TokenizerKeys.TOKENS, MetadataValue.Array.ofStrings(texts))
                .build());
    return new MergedPieceTokenizer(
        pieces, Model.of(described, spelled), SpaceScheme.SIGNS, spelled::rounds);
  }

  /// The tokenizer of a GGUF file whose vocabulary is Gemma 4's.
  static MergedPieceTokenizer of(Metadata metadata) throws FormatException {
    SentencePieceTokenizer pieces = SentencePieceTokenizer.of(metadata);
    return new MergedPieceTokenizer(
        pieces, Model.of(metadata, pieces.tokens()), SpaceScheme.SIGNS, pieces.tokens()::rounds);
  }

  private MergedPieceTokenizer(
      SentencePieceTokenizer pieces, Model model, SpaceScheme scheme, Rounds rounds) {
    this.pieces = pieces;
    this.scheme = scheme;
    this.base = model.base();
    this.merges = model.merges();
    this.wholeWords = model.wholeWords();
    this.fusesUnknown = model.fusesUnknown();
    this.unknown = model.unknown();
    for (int value = 0; value < byteTokens.length; value++) {
      String name = "<0x" + HexFormat.of().withUpperCase().toHexDigits((byte) value) + ">";
      byteTokens[value] = model.fallsBack() ? base.find(name) : PieceTable.NONE;
    }
    // A piece of text that is a token as a whole is found only if it is not cut, and what is left
    // next to a character without any token can be merged.
    boolean keepsAll = unknown != PieceTable.NONE || hasAllBytes();
    this.staysInWords =
        scheme.splits()
            || (!wholeWords
                && keepsAll
                && model.texts().stream().noneMatch(SentencePieceTokenizer::reachesOver));
    UnaryOperator<String> normalizer = this::normalized;
    this.userDefined = rounds.of(ControlNames.TEXT, normalizer);
    this.named = rounds.of(ControlNames.TOKENS, normalizer);
  }

  private boolean hasAllBytes() {
    return Arrays.stream(byteTokens).noneMatch(token -> token == PieceTable.NONE);
  }

  /// What the file's normalizer makes of a piece of text.
  private String normalized(String text) {
    if (!scheme.normalizes()) {
      return text;
    }
    String prefix =
        scheme.prefix() == SpacePrefix.EACH
            ? String.valueOf(SentencePieceTokenizer.SPACE_SIGN)
            : "";
    return prefix + text.replace(' ', SentencePieceTokenizer.SPACE_SIGN);
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
    private final BytePairMerger merger = new BytePairMerger(merges);

    @Override
    public void text(String text, int from) {
      String spaced =
          withPrefix(
              text, from == 0 ? SpacePrefix.Place.BEGINNING : SpacePrefix.Place.BEHIND_TOKEN);
      if (staysInWords) {
        scheme.cuts().cut(spaced, this::word);
      } else {
        word(spaced);
      }
    }

    @Override
    public void token(int id) {
      ids.add(id);
    }

    /// What the file's pre-tokenizer makes of a piece of text.
    private String withPrefix(String text, SpacePrefix.Place place) {
      String signed = text.replace(' ', SentencePieceTokenizer.SPACE_SIGN);
      boolean prefixed =
          switch (scheme.prefix()) {
            // The normalizer has put it there.
            case EACH, NEVER -> false;
            case EACH_UNLESS_SPACED, FIRST_UNLESS_SPACED -> scheme.prefix().isBefore(text, place);
          };
      return prefixed ? SentencePieceTokenizer.SPACE_SIGN + signed : signed;
    }

    private void word(String word) {
      ids.addAll(known.tokens(word));
    }

    private int[] tokensOf(String word) {
      int whole = wholeWords ? base.find(word) : PieceTable.NONE;
      return whole == PieceTable.NONE ? merger.merge(symbols(word)) : new int[] {whole};
    }
  }

  /// The tokens of single characters: their own, those of their bytes, or the unknown one. As in
  /// the library, an unknown one that is held back to be fused with others does not wait for bytes.
  private int[] symbols(String word) {
    IntList symbols = new IntList();
    boolean isHeldBack = false;
    for (int at = 0; at < word.length(); ) {
      int length = Character.charCount(word.codePointAt(at));
      int token = base.find(word.substring(at, at + length));
      if (token != PieceTable.NONE) {
        if (isHeldBack) {
          symbols.add(unknown);
        }
        isHeldBack = false;
        symbols.add(token);
      } else if (!addBytes(word.substring(at, at + length), symbols)
          && unknown != PieceTable.NONE) {
        if (isHeldBack && !fusesUnknown) {
          symbols.add(unknown);
        }
        isHeldBack = true;
      }
      at += length;
    }
    if (isHeldBack) {
      symbols.add(unknown);
    }
    return symbols.toArray();
  }

  /// Adds the tokens of a character's bytes, if there are all.
  private boolean addBytes(String character, IntList symbols) {
    byte[] bytes = character.getBytes(StandardCharsets.UTF_8);
    for (byte value : bytes) {
      if (byteTokens[value & 0xff] == PieceTable.NONE) {
        return false;
      }
    }
    for (byte value : bytes) {
      symbols.add(byteTokens[value & 0xff]);
    }
    return true;
  }

  @Override
  public int[] encodeDocument(String text, ControlNames names) {
    return pieces.surroundings().around(encode(text, names));
  }

  @Override
  public String decode(int[] ids, ControlNames names) {
    return pieces.decode(ids, names);
  }

  @Override
  public byte[] bytes(int id) {
    return pieces.bytes(id);
  }

  @Override
  public Optional<String> controlName(int id) {
    return pieces.controlName(id);
  }

  @Override
  public int size() {
    return pieces.size();
  }

  @Override
  public OptionalInt beginning() {
    return pieces.beginning();
  }

  @Override
  public OptionalInt eos() {
    return pieces.eos();
  }
}
