package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.files.RankedVocabulary;
import dev.zonda.convert.tokenizers.files.SpecialTokenKind;
import dev.zonda.convert.tokenizers.files.TokenRoles;
import dev.zonda.convert.tokenizers.files.TokenType;
import dev.zonda.convert.tokenizers.files.TokenizerClass;
import dev.zonda.convert.tokenizers.files.TokenizerFiles;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.convert.tokenizers.files.Vocabulary;
import dev.zonda.convert.tokenizers.words.PreTokenizer;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/// Writes a vocabulary that is a list of ranks with special tokens behind them.
final class RankedSource {
  /// Whose vocabulary it is.
  enum Kind {
    /// Special tokens have the names that tokenizer_config.json gives; the others are reserved.
    KIMI("tiktoken.model", "kimi-k2", 256),
    /// The same, and llama.cpp's converter takes the end of a text from tokenizer_config.json.
    KIMI_LINEAR("tiktoken.model", "kimi-k2", 256),
    /// Special tokens have names that are in their code only.
    HUNYUAN("hy.tiktoken", "hunyuan", 210),
    /// Special tokens are only those that tokenizer_config.json names.
    GLM(SentencePieceSource.MODEL_FILE, "glm4", 0);

    private final String file;
    private final String preTokenizer;
    private final int special;

    Kind(String file, String preTokenizer, int special) {
      this.file = file;
      this.preTokenizer = preTokenizer;
      this.special = special;
    }

    /// Where the ranks are.
    String file() {
      return file;
    }
  }

  private static final String HUNYUAN_BOS = "<|bos|>";

  /// The id of that in published models, which llama.cpp's converter writes for all.
  private static final int PUBLISHED_BOS = 127959;

  private static final List<String> HUNYUAN_NAMES =
      List.of("<|endoftext|>", "<|startoftext|>", HUNYUAN_BOS, "<|eos|>", "<|pad|>");

  private final Kind kind;
  private final TokenizerFiles files;
  private final int size;
  private final Optional<String> preTokenizer;
  private final Fidelity fidelity;
  private final Notes notes;

  /// @param size tokens that the model has
  /// @param preTokenizer GGUF's name for the way to cut words, if the user gives it
  RankedSource(
      Kind kind,
      TokenizerFiles files,
      int size,
      Optional<String> preTokenizer,
      Fidelity fidelity,
      Notes notes) {
    this.kind = kind;
    this.files = files;
    this.size = size;
    this.preTokenizer = preTokenizer;
    this.fidelity = fidelity;
    this.notes = notes;
  }

  void write(Metadata.Builder metadata) throws IOException {
    Path path = files.folder().path().resolve(kind.file);
    if (kind == Kind.GLM && fidelity == Fidelity.AS_REFERENCE) {
      throw FormatException.in(
          path,
          "is a list of ranks, on which llama.cpp's converter fails: leave out --as-reference");
    }
    RankedVocabulary ranked =
        RankedVocabulary.parse(path, files.folder().bytes(kind.file).orElseThrow());
    int base = ranked.words().size();
    if (base + (kind == Kind.HUNYUAN ? HUNYUAN_NAMES.size() : 0) > size) {
      throw FormatException.in(path, "has %d tokens, but the model only %d".formatted(base, size));
    }
    Map<String, Integer> ids = new HashMap<>();
    Vocabulary vocabulary = new Vocabulary();
    ranked.words().forEach(word -> vocabulary.add(word, 0, TokenType.NORMAL));
    Map<Integer, String> named = named(base);
    for (int id = base; id < Math.min(size, base + kind.special); id++) {
      String text = named.getOrDefault(id, "<|reserved_token_%d|>".formatted(id));
      vocabulary.add(text, 0, TokenType.CONTROL);
      ids.put(text, id);
    }
    vocabulary.padTo(size);
    if (kind == Kind.GLM) {
      addNamed(named, path, base, vocabulary, ids);
    }
    metadata
        .putText(TokenizerKeys.MODEL, "gpt2")
        .putText(TokenizerKeys.PRE, preTokenizer.orElse(kind.preTokenizer))
        .put(TokenizerKeys.TOKENS, vocabulary.tokens())
        .put(TokenizerKeys.TOKEN_TYPE, vocabulary.types())
        .put(TokenizerKeys.MERGES, MetadataValue.Array.ofStrings(ranked.lastMerges()));
    Function<String, OptionalInt> idOf =
        text -> ids.containsKey(text) ? OptionalInt.of(ids.get(text)) : OptionalInt.empty();
    RoleCorrection correction =
        new RoleCorrection(
            ImpliedRoles.bytes(kind.preTokenizer), size, idOf, vocabulary::text, notes);
    RoleKeys.write(
        files,
        OptionalInt.empty(),
        kind == Kind.GLM ? NamedRoles.of(VocabularyForm.CHATGLM) : NamedRoles.NONE,
        kind == Kind.KIMI_LINEAR ? endOfText(idOf) : OptionalInt.empty(),
        correction,
        fidelity,
        notes,
        metadata);
    switch (kind) {
      case KIMI, KIMI_LINEAR -> {}
      case HUNYUAN -> writeBos(ids, metadata);
      case GLM -> GlmBeginning.write(List.of("[gMASK]", "<sop>"), idOf, notes, metadata);
    }
    if (fidelity == Fidelity.CORRECTED && !preTokenizer().has(PreTokenizer.Trait.WHOLE_WORDS)) {
      writeWholeWords(metadata);
    }
  }

  private OptionalInt endOfText(Function<String, OptionalInt> idOf) throws IOException {
    Optional<String> text =
        TokenRoles.of(files, TokenizerClass.of(files)).saidText(SpecialTokenKind.EOS);
    return text.isEmpty() ? OptionalInt.empty() : idOf.apply(text.get());
  }

  /// config.json has a wrong one in published models, and no other file names one.
  private void writeBos(Map<String, Integer> ids, Metadata.Builder metadata) throws IOException {
    boolean isNamed =
        TokenRoles.of(files, TokenizerClass.of(files)).saidText(SpecialTokenKind.BOS).isPresent();
    if (fidelity == Fidelity.AS_REFERENCE) {
      metadata.putUint32(TokenizerKeys.BOS_ID, PUBLISHED_BOS);
    } else if (!isNamed) {
      metadata.putUint32(TokenizerKeys.BOS_ID, ids.get(HUNYUAN_BOS));
    }
  }

  private PreTokenizer preTokenizer() {
    return PreTokenizer.named(preTokenizer.orElse(kind.preTokenizer)).orElseThrow();
  }

  private static void addNamed(
      Map<Integer, String> named,
      Path file,
      int base,
      Vocabulary vocabulary,
      Map<String, Integer> ids)
      throws FormatException {
    for (Map.Entry<Integer, String> token : named.entrySet()) {
      int id = token.getKey();
      if (id < base || id >= vocabulary.size()) {
        throw FormatException.in(
            file,
            "has %d tokens, and the model %d, but tokenizer_config.json adds '%s' as %d"
                .formatted(base, vocabulary.size(), token.getValue(), id));
      }
      vocabulary.set(id, token.getValue(), 0, TokenType.CONTROL);
      ids.put(token.getValue(), id);
    }
  }

  /// A word that is a token is taken whole. That matters only for tokens whose parts do not merge
  /// to them.
  private void writeWholeWords(Metadata.Builder metadata) throws IOException {
    if (!BytePairTokenizer.of(metadata.build()).mergesToEveryToken()) {
      notes.add(
          "some tokens are not merged from their parts: written as %s; llama.cpp's converter"
                  .formatted(TokenizerKeys.IGNORE_MERGES)
              + " drops it (--as-reference)");
      metadata.putBool(TokenizerKeys.IGNORE_MERGES, true);
    }
  }

  /// @param base id of the first special token
  private Map<Integer, String> named(int base) throws IOException {
    return switch (kind) {
      case KIMI, KIMI_LINEAR, GLM -> namedByFile();
      case HUNYUAN -> namedByCode(base);
    };
  }

  private static Map<Integer, String> namedByCode(int base) {
    Map<Integer, String> named = new HashMap<>();
    for (int i = 0; i < Kind.HUNYUAN.special; i++) {
      int extra = i - HUNYUAN_NAMES.size();
      named.put(base + i, extra < 0 ? HUNYUAN_NAMES.get(i) : "<|extra_%d|>".formatted(extra));
    }
    return named;
  }

  private Map<Integer, String> namedByFile() throws IOException {
    Map<Integer, String> named = new HashMap<>();
    Optional<JsonFields> decoder = files.addedTokensDecoder();
    if (decoder.isEmpty()) {
      return named;
    }
    for (var token : decoder.get().fields()) {
      Optional<String> text = TokenRoles.content(token.getValue());
      if (!token.getKey().matches("[0-9]{1,9}") || text.isEmpty()) {
        throw decoder
            .get()
            .problem(token.getKey(), "is not a token with an id and a text as content");
      }
      named.put(Integer.parseInt(token.getKey()), text.get());
    }
    return named;
  }
}
