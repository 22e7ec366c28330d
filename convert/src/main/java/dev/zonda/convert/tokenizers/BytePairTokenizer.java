package dev.zonda.convert.tokenizers;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;

/// Byte-level byte-pair encoding, from a GGUF vocabulary of the model `gpt2`. Gives the ids that
/// transformers gives.
final class BytePairTokenizer implements Tokenizer {
  private static final int ALPHABET = 0x144;

  /// Words that are remembered while a text is encoded, and how long they may be.
  private static final int MOST_WORDS = 1 << 16;

  private static final int LONGEST_WORD = 32;

  /// The id of BOS and EOS where a file names none: GPT-2's and Falcon's.
  private static final int USUAL_END = 11;

  private final TokenTable tokens;
  private final AddedTokenFinder userDefined;
  private final AddedTokenFinder named;
  private final MergeTable merges;
  private final List<WordStep> steps;
  private final boolean encodesWords;
  private final boolean composes;
  private final boolean wholeWords;
  private final int[] byteTokens;
  private final OptionalInt beginning;
  private final OptionalInt eos;
  private final boolean addsEos;

  static BytePairTokenizer of(Metadata metadata) throws FormatException {
    String name = metadata.text(TokenizerKeys.PRE).orElse("default");
    PreTokenizer pre =
        PreTokenizer.named(name)
            .orElseThrow(() ->
                TokenTable.problem(
                    TokenizerKeys.PRE,
                    "is '%s', expected one of %s"
                        .formatted(name, String.join(", ", VocabularySource.preTokenizers()))));
    return new BytePairTokenizer(metadata, pre);
  }

  private BytePairTokenizer(Metadata metadata, PreTokenizer pre) throws FormatException {
    this.tokens = TokenTable.of(metadata);
    this.userDefined = tokens.finder(ControlNames.TEXT, UnaryOperator.identity());
    this.named = tokens.finder(ControlNames.TOKENS, UnaryOperator.identity());
    this.merges =
        new MergeTable(
            metadata
                .array(TokenizerKeys.MERGES)
                .orElseThrow(
                    () -> TokenTable.problem(TokenizerKeys.MERGES, "missing, expected an array")),
            tokens.byText());
    // Words are remembered as they stand in the text, if nothing cuts them as bytes.
    this.encodesWords = pre.steps().getLast().equals(WordStep.BYTES);
    this.steps = encodesWords ? pre.steps().subList(0, pre.steps().size() - 1) : pre.steps();
    this.composes =
        metadata.bool(TokenizerKeys.NORMALIZER_NFC).orElse(pre.has(PreTokenizer.Trait.COMPOSED));
    this.wholeWords =
        metadata.bool(TokenizerKeys.IGNORE_MERGES).orElse(pre.has(PreTokenizer.Trait.WHOLE_WORDS));
    this.byteTokens = new int[ALPHABET];
    Arrays.fill(byteTokens, PieceTable.NONE);
    for (int value = 0; value < 256; value++) {
      String character = ByteAlphabet.encode(new byte[] {(byte) value});
      byteTokens[character.charAt(0)] = tokens.byText().find(character);
    }
    this.eos = tokens.role(TokenizerKeys.EOS_ID, USUAL_END);
    boolean begins =
        metadata.bool(TokenizerKeys.ADD_BOS).orElse(pre.has(PreTokenizer.Trait.BEGINS));
    this.beginning = begins ? tokens.role(TokenizerKeys.BOS_ID, USUAL_END) : OptionalInt.empty();
    this.addsEos = metadata.bool(TokenizerKeys.ADD_EOS).orElse(false) && eos.isPresent();
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
    private final Map<String, int[]> known = new HashMap<>();
    private final BytePairMerger merger = new BytePairMerger(merges, byteTokens);
    private final WordSplitter splitter = new WordSplitter(steps, this::word);

    @Override
    public void text(String text) {
      splitter.split(composes ? Composition.of(text) : text);
    }

    @Override
    public void token(int id) {
      ids.add(id);
    }

    private void word(String word) {
      int[] found = known.get(word);
      if (found == null) {
        found = tokensOf(encodesWords ? ByteAlphabet.encode(word) : word);
        if (known.size() < MOST_WORDS && word.length() <= LONGEST_WORD) {
          known.put(word, found);
        }
      }
      ids.addAll(found);
    }

    private int[] tokensOf(String bytes) {
      int whole = wholeWords ? tokens.byText().find(bytes) : PieceTable.NONE;
      return whole == PieceTable.NONE ? merger.merge(bytes) : new int[] {whole};
    }
  }

  /// Whether the parts of every token merge to it, so that it makes no difference if words that are
  /// tokens are taken whole.
  boolean mergesToEveryToken() {
    BytePairMerger merger = new BytePairMerger(merges, byteTokens);
    for (int id = 0; id < tokens.size(); id++) {
      String piece = tokens.piece(id);
      boolean isWord = tokens.type(id) == TokenType.NORMAL && ByteAlphabet.isEncoded(piece);
      if (isWord && merger.merge(piece).length != 1) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int[] encodeDocument(String text, ControlNames names) {
    IntList ids = new IntList();
    beginning.ifPresent(ids::add);
    ids.addAll(encode(text, names));
    if (addsEos) {
      ids.add(eos.getAsInt());
    }
    return ids.toArray();
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
    return beginning;
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
