package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.files.SpecialTokenKind;
import dev.zonda.convert.tokenizers.files.SpecialTokens;
import dev.zonda.convert.tokenizers.files.TokenizerClass;
import dev.zonda.convert.tokenizers.files.TokenizerFiles;
import dev.zonda.convert.tokenizers.files.TokenizerJson;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.convert.tokenizers.words.PreTokenizer;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.checkpoint.CheckpointFolder;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// Turns the vocabulary of a checkpoint folder into GGUF's tokenizer keys, in llama.cpp's order.
/// The one entry point of this package for conversion.
///
/// @param folder the checkpoint
/// @param config its config.json, which may name special tokens
/// @param size tokens that the model has: rows of its embedding
/// @param preTokenizer GGUF's name for the way in which text is cut into words, if the user gives
///   it
/// @param fidelity whose word counts where the reference is wrong
/// @param notes what the user should know
public record VocabularySource(
    CheckpointFolder folder,
    JsonFields config,
    int size,
    Optional<String> preTokenizer,
    Fidelity fidelity,
    Notes notes) {

  /// Code Llama's vocabulary, known by its size, has an end-of-turn token that no file names.
  private static final int CODE_LLAMA_SIZE = 32016;

  private static final int CODE_LLAMA_EOT = 32010;

  /// Granite's small models share Llama's architecture, but not its BOS.
  private static final int GRANITE_SIZE = 49152;

  /// What a model of SentencePiece begins with, and no text does that is a list of ranks.
  private static final byte FIRST_FIELD = 0x0A;

  private static final String TEKKEN = "tekken.json";

  /// The names that a pre-tokenizer can have in a GGUF.
  public static List<String> preTokenizers() {
    return PreTokenizer.ALL.stream().map(PreTokenizer::ggufName).sorted().toList();
  }

  /// Whether a name is one of those, or means the same as one of them.
  public static boolean isPreTokenizer(String name) {
    return PreTokenizer.named(name).isPresent();
  }

  /// Writes the keys.
  ///
  /// @param form in which the model's family keeps its vocabularies
  /// @throws FormatException if the folder has no vocabulary of that form, or a broken one
  public void write(VocabularyForm form, Metadata.Builder metadata) throws IOException {
    if (size > TokenizerJson.MOST_TOKENS) {
      throw FormatException.in(
          folder.path(),
          "has %d tokens, expected at most %d".formatted(size, TokenizerJson.MOST_TOKENS));
    }
    TokenizerFiles files = TokenizerFiles.of(folder, config);
    Kind kind = kind(form, files);
    boolean isLlama = form == VocabularyForm.LLAMA && kind != Kind.MISTRAL;
    if (isLlama && files.tokenizerConfig().isPresent()) {
      files
          .tokenizerConfig()
          .get()
          .bool("add_prefix_space")
          .ifPresent(adds -> metadata.putBool(TokenizerKeys.ADD_SPACE_PREFIX, adds));
    }
    switch (kind) {
      case PIECES -> sentencePiece(form, files, notes).write(metadata);
      case BYTES -> bytePairs(form, files, notes).write(metadata);
      case RANKS -> new QwenSource(files, size, fidelity, notes).write(metadata);
      case MISTRAL -> mistral(form, files).write(metadata);
      case META -> new MetaSource(files, size, notes).write(metadata);
      case MERGED_PIECES -> new Gemma4Source(files, size, fidelity, notes).write(metadata);
      case LINES -> new PlamoSource(files, size, form, fidelity, notes).write(metadata);
      case NAMED_RANKS -> ranks(rankedKind(form), files).write(metadata);
      case HUNYUAN_RANKS -> ranks(RankedSource.Kind.HUNYUAN, files).write(metadata);
    }
    if (form == VocabularyForm.HUNYUAN) {
      new HunYuanEnds(files, size, fidelity, notes).write(metadata);
    }
    if (isLlama) {
      writeLlama(files, metadata);
    }
    if (form == VocabularyForm.TURNS
        || form == VocabularyForm.TRANSCRIPTS
        || form == VocabularyForm.LLADA) {
      new TurnKeys(files, form, fidelity, notes).write(metadata);
    }
    if (form == VocabularyForm.JAMBA
        && fidelity == Fidelity.AS_REFERENCE
        && !folder.has(SentencePieceSource.MODEL_FILE)) {
      metadata.putBool(TokenizerKeys.ADD_SPACE_PREFIX, false);
    }
    if (form == VocabularyForm.LAGUNA) {
      LagunaTurns.write(config, metadata);
    }
  }

  /// The folder's own tokenizer, which may know more than its vocabulary in a GGUF file.
  ///
  /// @param form in which the model's family keeps its vocabularies
  /// @param metadata as written
  /// @throws FormatException if the folder's tokenizer does what is not known here
  public Tokenizer tokenizer(VocabularyForm form, Metadata metadata) throws IOException {
    TokenizerFiles files = TokenizerFiles.of(folder, config);
    return switch (kind(form, files)) {
      case PIECES, MERGED_PIECES -> sentencePiece(form, files, new Notes()).tokenizer(metadata);
      case BYTES -> bytePairs(form, files, new Notes()).tokenizer(metadata);
      case RANKS, NAMED_RANKS, HUNYUAN_RANKS, MISTRAL, META, LINES -> Tokenizer.of(metadata);
    };
  }

  /// The kinds of vocabularies, by what they are written from.
  private enum Kind {
    /// SentencePiece's.
    PIECES,
    /// Gemma 4's: SentencePiece's pieces with merges.
    MERGED_PIECES,
    /// Byte-level byte pairs.
    BYTES,
    /// Qwen's list of ranks.
    RANKS,
    MISTRAL,
    META,
    /// PLaMo's.
    LINES,
    /// Ranks, with special tokens that a file names.
    NAMED_RANKS,
    /// Ranks, with Hunyuan's special tokens.
    HUNYUAN_RANKS
  }

  private Kind kind(VocabularyForm form, TokenizerFiles files) throws IOException {
    return switch (form) {
      case MISTRAL -> Kind.MISTRAL;
      case XVERSE -> Kind.PIECES;
      case META -> Kind.META;
      case HUNYUAN, SARVAM -> Kind.BYTES;
      case HUNYUAN_RANKS -> hunyuan();
      case GEMMA_4 -> Kind.MERGED_PIECES;
      case PLAMO, PLAMO_2 -> Kind.LINES;
      case LLAMA ->
          folder.has(TEKKEN) && !folder.has(TokenizerJson.FILE)
              ? Kind.MISTRAL
              : piecesOrBytes(files);
      case TURNS, TRANSCRIPTS, FLAGGED, LLADA -> piecesOrBytes(files);
      case QWEN -> folder.has(QwenSource.FILE) ? Kind.RANKS : Kind.BYTES;
      case PHI -> isGpt2Class(files) ? Kind.BYTES : piecesOrBytes(files);
      case SENTENCEPIECE_OR_BYTES,
          NEMOTRON,
          GEMMA,
          GEMMA_1,
          ERNIE,
          INTERNLM_2,
          INTERNLM_3,
          ARCTIC,
          JAMBA ->
          piecesOrBytes(files);
      case CHATGLM -> chatGlm();
      case BYTES, GLM_4, GLM_4_5, SOLAR_OPEN, LAGUNA, KIMI_LINEAR -> {
        if (SentencePieceSource.hasPieces(files)) {
          yield Kind.PIECES;
        }
        yield hasRanksOnly() ? Kind.NAMED_RANKS : Kind.BYTES;
      }
    };
  }

  /// llama.cpp's converter asks the tokenizer for its ranks, which tokenizer.json has none of.
  private Kind hunyuan() throws IOException {
    if (folder.has(RankedSource.Kind.HUNYUAN.file())) {
      return Kind.HUNYUAN_RANKS;
    }
    if (fidelity == Fidelity.AS_REFERENCE) {
      throw FormatException.in(
          folder.path(),
          "has no %s, which llama.cpp's converter needs: leave out --as-reference"
              .formatted(RankedSource.Kind.HUNYUAN.file()));
    }
    return Kind.BYTES;
  }

  private static RankedSource.Kind rankedKind(VocabularyForm form) {
    if (form == VocabularyForm.KIMI_LINEAR) {
      return RankedSource.Kind.KIMI_LINEAR;
    }
    return form == VocabularyForm.CHATGLM ? RankedSource.Kind.GLM : RankedSource.Kind.KIMI;
  }

  private RankedSource ranks(RankedSource.Kind kind, TokenizerFiles files) {
    return new RankedSource(kind, files, size, preTokenizer, fidelity, notes);
  }

  /// Without tokenizer.json, a model of pieces (ChatGLM) or, under the same name, a list of ranks.
  private Kind chatGlm() throws IOException {
    Optional<byte[]> model =
        folder.has(TokenizerJson.FILE)
            ? Optional.empty()
            : folder.bytes(SentencePieceSource.MODEL_FILE);
    if (model.isEmpty()) {
      return Kind.BYTES;
    }
    return model.get().length > 0 && model.get()[0] == FIRST_FIELD ? Kind.PIECES : Kind.NAMED_RANKS;
  }

  private boolean hasRanksOnly() throws IOException {
    return folder.has(RankedSource.Kind.KIMI.file())
        && !folder.has(TokenizerJson.FILE)
        && !folder.has(BytePairSource.VOCABULARY);
  }

  private Kind piecesOrBytes(TokenizerFiles files) throws IOException {
    boolean hasModel = folder.has(SentencePieceSource.MODEL_FILE);
    if (fidelity == Fidelity.AS_REFERENCE && hasModel) {
      return Kind.PIECES;
    }
    // transformers reads tokenizer.json, whatever lies next to it.
    boolean isBytes = TokenizerClass.isByteLevel(files);
    return SentencePieceSource.hasPieces(files) || (hasModel && !isBytes)
        ? Kind.PIECES
        : Kind.BYTES;
  }

  /// What is special to Code Llama and Granite.
  private void writeLlama(TokenizerFiles files, Metadata.Builder metadata) throws IOException {
    if (size == CODE_LLAMA_SIZE) {
      SpecialTokens turns =
          new SpecialTokens(List.of(SpecialTokenKind.EOT), OptionalInt.empty(), notes);
      turns.read(files.tokenizerFields(), files.tokenizerConfig(), config);
      turns.setId(SpecialTokenKind.EOT, CODE_LLAMA_EOT);
      turns.write(metadata);
    }
    if (size == GRANITE_SIZE) {
      metadata.putBool(TokenizerKeys.ADD_BOS, false);
    }
  }

  private SentencePieceSource sentencePiece(
      VocabularyForm form, TokenizerFiles files, Notes heard) {
    if (preTokenizer.isPresent()) {
      heard.add("a SentencePiece vocabulary has no pre-tokenizer: the one given is not used");
    }
    SentencePieceStyle style =
        switch (form) {
          case HUNYUAN, HUNYUAN_RANKS -> SentencePieceStyle.OTHER;
          case LLAMA -> SentencePieceStyle.LLAMA;
          case TURNS, TRANSCRIPTS, FLAGGED, LLADA, QWEN -> SentencePieceStyle.OTHER;
          case GEMMA, GEMMA_4 -> SentencePieceStyle.GEMMA;
          case GEMMA_1 -> SentencePieceStyle.GEMMA_1;
          case PHI -> SentencePieceStyle.PHI;
          case NEMOTRON -> SentencePieceStyle.NEMOTRON;
          case ERNIE -> SentencePieceStyle.ERNIE;
          case INTERNLM_2 -> SentencePieceStyle.INTERNLM_2;
          case INTERNLM_3 -> SentencePieceStyle.INTERNLM_3;
          case XVERSE -> SentencePieceStyle.XVERSE;
          case ARCTIC -> SentencePieceStyle.ARCTIC;
          case JAMBA -> SentencePieceStyle.JAMBA;
          case CHATGLM -> SentencePieceStyle.CHATGLM;
          case SENTENCEPIECE_OR_BYTES,
              BYTES,
              GLM_4,
              GLM_4_5,
              SOLAR_OPEN,
              SARVAM,
              LAGUNA,
              KIMI_LINEAR,
              PLAMO,
              PLAMO_2,
              MISTRAL,
              META ->
              SentencePieceStyle.OTHER;
        };
    return new SentencePieceSource(files, style, size, fidelity, heard);
  }

  private BytePairSource bytePairs(VocabularyForm form, TokenizerFiles files, Notes heard)
      throws IOException {
    if (folder.has(SentencePieceSource.MODEL_FILE) && fidelity == Fidelity.CORRECTED) {
      heard.add(
          "tokenizer.json and tokenizer.model hold different vocabularies; the former is "
              + "believed, as"
              + " transformers does; llama.cpp's converter believes the latter (--as-reference)");
    }
    return new BytePairSource(
        files, size, preTokenizer, form, PublishedVocabularies.ofReference(), fidelity, heard);
  }

  private MistralSource mistral(VocabularyForm form, TokenizerFiles files) {
    MistralSource.Home home =
        form == VocabularyForm.MISTRAL
            ? MistralSource.Home.OWN_LAYOUT
            : MistralSource.Home.HUGGING_FACE;
    return new MistralSource(files, home, fidelity, notes);
  }

  private static boolean isGpt2Class(TokenizerFiles files) throws FormatException {
    return files.tokenizerConfig().isPresent()
        && files
            .tokenizerConfig()
            .get()
            .text("tokenizer_class")
            .equals(Optional.of("GPT2Tokenizer"));
  }
}
