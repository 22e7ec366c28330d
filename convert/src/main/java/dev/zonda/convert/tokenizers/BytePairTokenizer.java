package dev.zonda.convert.tokenizers;

import dev.zonda.convert.tokenizers.files.TokenType;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.convert.tokenizers.words.ByteAlphabet;
import dev.zonda.convert.tokenizers.words.Composition;
import dev.zonda.convert.tokenizers.words.IntList;
import dev.zonda.convert.tokenizers.words.KnownWords;
import dev.zonda.convert.tokenizers.words.PieceTable;
import dev.zonda.convert.tokenizers.words.PreTokenizer;
import dev.zonda.convert.tokenizers.words.WordSplitter;
import dev.zonda.convert.tokenizers.words.WordStep;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;

/// Byte-level byte-pair encoding, from a GGUF vocabulary of the model `gpt2`. Gives the ids that
/// transformers gives.
final class BytePairTokenizer implements Tokenizer {
  private static final int ALPHABET = 0x144;

  private final TokenTable tokens;
  private final PieceTable words;
  private final AddedTokenRounds userDefined;
  private final AddedTokenRounds named;
  private final MergeTable merges;
  private final List<WordStep> steps;
  private final boolean encodesWords;
  private final boolean wholeWords;
  private final int[] byteTokens;
  private final OptionalInt eos;
  private final Surroundings surroundings;

  static BytePairTokenizer of(Metadata metadata) throws FormatException {
    TokenTable tokens = TokenTable.of(metadata);
    return new BytePairTokenizer(
        preTokenizer(metadata),
        metadata,
        tokens,
        tokens.byText(),
        MergeTable.of(metadata, tokens.byText()),
        tokens::rounds);
  }

  /// The tokenizer of a folder, whose added tokens are known better than from its GGUF metadata.
  ///
  /// @param base texts of the vocabulary that they were added to, by id; null where an id has none
  static BytePairTokenizer of(
      Metadata metadata, String[] base, List<String> merges, AddedVocabulary added)
      throws FormatException {
    return of(preTokenizer(metadata), metadata, base, merges, added);
  }

  /// The tokenizer of a folder whose metadata do not name a pre-tokenizer yet.
  ///
  /// @param pre how text is cut into words
  static BytePairTokenizer of(
      PreTokenizer pre,
      Metadata metadata,
      String[] base,
      List<String> merges,
      AddedVocabulary added)
      throws FormatException {
    TokenTable tokens = TokenTable.of(metadata);
    PieceTable words =
        new PieceTable(
            Arrays.stream(base)
                .limit(tokens.size())
                .map(text -> Objects.requireNonNullElse(text, ""))
                .toList());
    return new BytePairTokenizer(
        pre,
        metadata,
        tokens,
        words,
        new MergeTable(merges, words, MergeTable.Duplicates.LAST),
        (names, normalizer) -> added.rounds(tokens, names, normalizer));
  }

  /// The tokenizer of texts that hold no added tokens.
  ///
  /// @param pre how text is cut into words
  /// @param metadata without a pre-tokenizer and merges
  static BytePairTokenizer of(PreTokenizer pre, Metadata metadata, List<String> merges)
      throws FormatException {
    TokenTable tokens = TokenTable.of(metadata);
    PieceTable words = tokens.byText();
    return new BytePairTokenizer(
        pre,
        metadata,
        tokens,
        words,
        new MergeTable(merges, words, MergeTable.Duplicates.LAST),
        tokens::rounds);
  }

  /// How the rounds are made in which added tokens are looked for.
  private interface Rounds {
    AddedTokenRounds of(ControlNames names, UnaryOperator<String> normalizer);
  }

  private static PreTokenizer preTokenizer(Metadata metadata) throws FormatException {
    String name = metadata.text(TokenizerKeys.PRE).orElse("default");
    return PreTokenizer.named(name)
        .orElseThrow(() ->
            TokenTable.problem(
                TokenizerKeys.PRE,
                "is '%s', expected one of %s"
                    .formatted(name, String.join(", ", VocabularySource.preTokenizers()))));
  }

  private BytePairTokenizer(
      PreTokenizer pre,
      Metadata metadata,
      TokenTable tokens,
      PieceTable words,
      MergeTable merges,
      Rounds rounds)
      throws FormatException {
    this.tokens = tokens;
    this.words = words;
    this.merges = merges;
    // Words are remembered as they stand in the text, if nothing cuts them as bytes.
    this.encodesWords = pre.steps().getLast().equals(WordStep.BYTES);
    this.steps = encodesWords ? pre.steps().subList(0, pre.steps().size() - 1) : pre.steps();
    boolean composes =
        metadata.bool(TokenizerKeys.NORMALIZER_NFC).orElse(pre.has(PreTokenizer.Trait.COMPOSED));
    this.wholeWords =
        metadata.bool(TokenizerKeys.IGNORE_MERGES).orElse(pre.has(PreTokenizer.Trait.WHOLE_WORDS));
    this.byteTokens = new int[ALPHABET];
    Arrays.fill(byteTokens, PieceTable.NONE);
    for (int value = 0; value < 256; value++) {
      String character = ByteAlphabet.encode(new byte[] {(byte) value});
      byteTokens[character.charAt(0)] = words.find(character);
    }
    UnaryOperator<String> normalizer = composes ? Composition::of : UnaryOperator.identity();
    this.userDefined = rounds.of(ControlNames.TEXT, normalizer);
    this.named = rounds.of(ControlNames.TOKENS, normalizer);
    ImpliedRoles implied = ImpliedRoles.bytes(pre.ggufName());
    this.eos = tokens.role(TokenizerKeys.EOS_ID, implied.eos());
    this.surroundings = Surroundings.of(metadata, tokens, implied);
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
    private final WordSplitter splitter = new WordSplitter(steps, this::word);

    @Override
    public void text(String text, int from) {
      splitter.split(text);
    }

    @Override
    public void token(int id) {
      ids.add(id);
    }

    private void word(String word) {
      ids.addAll(known.tokens(word));
    }

    private int[] tokensOf(String word) {
      String bytes = encodesWords ? ByteAlphabet.encode(word) : word;
      int whole = wholeWords ? words.find(bytes) : PieceTable.NONE;
      return whole == PieceTable.NONE ? merger.merge(symbols(bytes)) : new int[] {whole};
    }
  }

  /// The tokens of the bytes of a word in the byte alphabet; negative where a byte has none.
  private int[] symbols(String word) {
    return word.chars().map(character -> byteTokens[character]).toArray();
  }

  /// Whether the parts of every token merge to it, so that it makes no difference if words that are
  /// tokens are taken whole.
  boolean mergesToEveryToken() {
    BytePairMerger merger = new BytePairMerger(merges);
    for (int id = 0; id < tokens.size(); id++) {
      String piece = tokens.piece(id);
      boolean isWord = tokens.type(id) == TokenType.NORMAL && ByteAlphabet.isEncoded(piece);
      if (isWord && merger.merge(symbols(piece)).length != 1) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int[] encodeDocument(String text, ControlNames names) {
    return surroundings.around(encode(text, names));
  }

  @Override
  public String decode(int[] ids, ControlNames names) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int id : ids) {
      if (names == ControlNames.TOKENS || tokens.isText(id)) {
        bytes.writeBytes(bytes(id));
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Override
  public byte[] bytes(int id) {
    String piece = tokens.piece(id);
    return tokens.type(id) == TokenType.NORMAL || tokens.type(id) == TokenType.BYTE
        ? ByteAlphabet.decode(piece)
        : TokenTable.utf8(piece);
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

  @Override
  public Optional<String> controlName(int id) {
    return tokens.isText(id) ? Optional.empty() : Optional.of(tokens.piece(id));
  }
}
