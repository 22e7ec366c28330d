package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.files.AddedToken;
import dev.zonda.convert.tokenizers.files.SentencePieceModel;
import dev.zonda.convert.tokenizers.files.SpecialTokenKind;
import dev.zonda.convert.tokenizers.files.SpecialTokens;
import dev.zonda.convert.tokenizers.files.TokenRoles;
import dev.zonda.convert.tokenizers.files.TokenType;
import dev.zonda.convert.tokenizers.files.TokenizerClass;
import dev.zonda.convert.tokenizers.files.TokenizerFiles;
import dev.zonda.convert.tokenizers.files.TokenizerJson;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.convert.tokenizers.files.Vocabulary;
import dev.zonda.convert.tokenizers.words.PieceTable;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.TreeMap;

/// Writes a SentencePiece vocabulary: from `tokenizer.model`, with what `tokenizer.json` knows
/// better, or from `tokenizer.json` alone.
final class SentencePieceSource {
  static final String MODEL_FILE = "tokenizer.model";

  private static final String GEMMA_EOT = "<end_of_turn>";
  private static final int GEMMA_EOT_ID = 107;

  /// By which the reference knows ChatGLM's vocabulary.
  private static final String CHATGLM_NAME = "THUDM/chatglm3-6b";

  private final TokenizerFiles files;
  private final SentencePieceStyle style;
  private final int size;
  private final Fidelity fidelity;
  private final Notes notes;

  SentencePieceSource(
      TokenizerFiles files, SentencePieceStyle style, int size, Fidelity fidelity, Notes notes) {
    this.files = files;
    this.style = style;
    this.size = size;
    this.fidelity = fidelity;
    this.notes = notes;
  }

  void write(Metadata.Builder metadata) throws IOException {
    Optional<SentencePieceModel> model = model();
    Optional<AddedVocabulary> added = added();
    Vocabulary vocabulary = vocabulary(model, added);
    SpaceKeys spaces = new SpaceKeys(files, style, model, notes);
    if (fidelity == Fidelity.CORRECTED && !style.saysSpaceLast() && !style.saysSpaceAfterTokens()) {
      spaces.writePrefix(metadata);
    }
    metadata
        .putText(TokenizerKeys.MODEL, "llama")
        .putText(TokenizerKeys.PRE, style == SentencePieceStyle.CHATGLM ? "chatglm-spm" : "default")
        .put(TokenizerKeys.TOKENS, vocabulary.tokens());
    if (style != SentencePieceStyle.XVERSE || fidelity == Fidelity.CORRECTED) {
      metadata.put(TokenizerKeys.SCORES, vocabulary.scores());
    }
    metadata.put(TokenizerKeys.TOKEN_TYPE, vocabulary.types());
    if (style.saysSpaceAfterTokens()) {
      Optional<Boolean> said =
          style == SentencePieceStyle.INTERNLM_2
              ? model.map(SentencePieceModel::addsDummyPrefix)
              : spaces.configured();
      said.ifPresent(adds -> metadata.putBool(TokenizerKeys.ADD_SPACE_PREFIX, adds));
      if (fidelity == Fidelity.CORRECTED) {
        spaces.writePrefix(metadata);
      }
    }
    writeRoles(vocabulary, added, metadata);
    if (fidelity == Fidelity.CORRECTED) {
      AddedTokenFlags.write(
          vocabulary.texts(),
          added.isPresent() ? added.get().byId() : described(),
          notes,
          metadata);
      spaces.writeScheme(metadata);
    }
    if (style == SentencePieceStyle.CHATGLM && fidelity == Fidelity.CORRECTED) {
      PieceTable table = new PieceTable(vocabulary.texts());
      GlmBeginning.write(
          ChatGlmPieces.BEGINNING, text -> OptionalInt.of(table.find(text)), notes, metadata);
    }
    if (style == SentencePieceStyle.GEMMA_1) {
      writeTurns(vocabulary, metadata);
    }
    if (style == SentencePieceStyle.NEMOTRON) {
      writeFirstTwo(metadata);
    }
    if (style.saysSpaceLast()) {
      Optional<Boolean> said = style.isGemma() ? Optional.of(false) : spaces.configured();
      said.ifPresent(adds -> metadata.putBool(TokenizerKeys.ADD_SPACE_PREFIX, adds));
      if (fidelity == Fidelity.CORRECTED) {
        spaces.writePrefix(metadata);
      }
    }
  }

  private void writeFirstTwo(Metadata.Builder metadata) {
    String padding = SpecialTokenKind.PAD.idKey().orElseThrow();
    String unknown = SpecialTokenKind.UNK.idKey().orElseThrow();
    if (fidelity == Fidelity.AS_REFERENCE) {
      metadata.putUint32(padding, 0).putUint32(unknown, 1);
      return;
    }
    Metadata written = metadata.build();
    OptionalLong pad = written.integer(padding);
    OptionalLong unk = written.integer(unknown);
    if (!pad.equals(OptionalLong.of(0)) || !unk.equals(OptionalLong.of(1))) {
      notes.add(
          "the tokens for padding and for what is unknown are those of the vocabulary's files;"
              + " llama.cpp's converter always writes 0 and 1 (--as-reference)");
    }
  }

  /// The folder's own tokenizer, if tokenizer.json describes it.
  ///
  /// @param metadata as written
  Tokenizer tokenizer(Metadata metadata) throws IOException {
    Optional<SentencePieceModel> model = model();
    Optional<AddedVocabulary> added = added();
    if (added.isEmpty()) {
      if (model.isPresent() && model.get().algorithm() != SentencePieceModel.Algorithm.BPE) {
        throw FormatException.in(
            files.folder().path().resolve(MODEL_FILE),
            "is a %s model, which zonda converts but cannot tokenize with; expected BPE"
                .formatted(model.get().algorithm()));
      }
      return Tokenizer.of(metadata);
    }
    TokenizerJson json = files.tokenizer().orElseThrow();
    Optional<SpaceScheme> scheme = SpaceKeys.scheme(files);
    if (scheme.isEmpty()) {
      throw FormatException.in(
          json.file(),
          SpaceKeys.unknown(files)
              + "; zonda converts such a vocabulary but cannot tokenize with it");
    }
    return MergedPieceTokenizer.of(metadata, json, scheme.get(), added.get());
  }

  /// The added tokens of tokenizer.json, if it holds the vocabulary.
  private Optional<AddedVocabulary> added() throws IOException {
    if (!hasPieces(files) && style != SentencePieceStyle.XVERSE) {
      return Optional.empty();
    }
    if (files.tokenizer().isEmpty()) {
      throw FormatException.in(
          files.folder().path(),
          "has no tokenizer.json, which holds the vocabulary in this family");
    }
    return Optional.of(
        AddedVocabulary.of(
            files,
            TokenizerClass.of(files),
            HuggingFaceVocabulary.ids(files.tokenizer().orElseThrow()),
            fidelity,
            notes));
  }

  /// Whether tokenizer.json holds a SentencePiece vocabulary.
  static boolean hasPieces(TokenizerFiles files) throws IOException {
    return files.tokenizer().isPresent()
        && HuggingFaceVocabulary.accepts(files.tokenizerFields().orElseThrow());
  }

  private Vocabulary vocabulary(Optional<SentencePieceModel> model, Optional<AddedVocabulary> added)
      throws IOException {
    if (style == SentencePieceStyle.CHATGLM) {
      return ofChatGlm(model.orElseThrow());
    }
    if (model.isEmpty()) {
      return fromTokenizer(added.orElseThrow());
    }
    SentencePieceVocabulary reference = new SentencePieceVocabulary(size, special(), notes);
    reference.addPieces(model.get(), SentencePieceVocabulary.UserDefined.NORMAL);
    if (style == SentencePieceStyle.INTERNLM_2) {
      InternLmPieces.markUnused(reference.vocabulary());
      InternLmPieces.replaceZero(reference.vocabulary());
    }
    reference.addFiles(files.object(TokenizerFiles.ADDED_TOKENS), files.tokenizerConfig());
    if (style.readsAll() && files.tokenizer().isPresent()) {
      reference.addAll(files.tokenizerFields().orElseThrow());
    }
    if (fidelity == Fidelity.AS_REFERENCE) {
      return reference.vocabulary();
    }
    Vocabulary corrected = corrected(model.get(), added);
    noteDifference(reference.vocabulary(), corrected);
    return corrected;
  }

  private Vocabulary ofChatGlm(SentencePieceModel model) throws IOException {
    boolean isKnown = files.config().text("_name_or_path").orElse("").contains(CHATGLM_NAME);
    if (!isKnown && fidelity == Fidelity.AS_REFERENCE) {
      throw files
          .config()
          .problem(
              "_name_or_path",
              "does not have '%s' in it, without which llama.cpp's converter fails: leave out"
                      .formatted(CHATGLM_NAME)
                  + " --as-reference");
    }
    Vocabulary reference = ofChatGlm(model, SentencePieceVocabulary.UserDefined.NORMAL);
    if (fidelity == Fidelity.AS_REFERENCE) {
      return reference;
    }
    Vocabulary corrected = ofChatGlm(model, SentencePieceVocabulary.UserDefined.KEPT);
    noteDifference(reference, corrected);
    return corrected;
  }

  private Vocabulary ofChatGlm(
      SentencePieceModel model, SentencePieceVocabulary.UserDefined userDefined)
      throws IOException {
    SentencePieceVocabulary pieces = new SentencePieceVocabulary(size, special(), new Notes());
    pieces.addPieces(model, userDefined);
    ChatGlmPieces.complete(pieces.vocabulary(), model, files.folder().path().resolve(MODEL_FILE));
    return pieces.vocabulary();
  }

  private Vocabulary fromTokenizer(AddedVocabulary added) throws IOException {
    TokenizerJson json = files.tokenizer().orElseThrow();
    if (style == SentencePieceStyle.XVERSE) {
      return XverseVocabulary.of(json, added, size, fidelity, notes);
    }
    // For other families the reference fails.
    if (fidelity == Fidelity.AS_REFERENCE && style.readsPieces()) {
      TokenRoles roles = TokenRoles.of(files, TokenizerClass.of(files));
      return HuggingFaceVocabulary.asReference(json, added, roles.all());
    }
    notes.add(
        "tokenizer.json: scores are written from the order of its merges; llama.cpp's converter "
            + (style.readsPieces()
                ? "writes one score for all, and its file splits text differently"
                : "fails without tokenizer.model"));
    return HuggingFaceVocabulary.corrected(json, added, special(), size, notes);
  }

  /// What transformers makes of the pieces of `tokenizer.model`.
  private Vocabulary corrected(SentencePieceModel model, Optional<AddedVocabulary> added)
      throws IOException {
    SentencePieceVocabulary pieces = new SentencePieceVocabulary(size, special(), new Notes());
    if (added.isEmpty()) {
      pieces.addPieces(model, SentencePieceVocabulary.UserDefined.KEPT);
      if (style == SentencePieceStyle.INTERNLM_2) {
        InternLmPieces.markUnused(pieces.vocabulary());
      }
      pieces.addFiles(files.object(TokenizerFiles.ADDED_TOKENS), files.tokenizerConfig());
      markRoles(pieces.vocabulary());
      return pieces.vocabulary();
    }
    pieces.addPieces(model, SentencePieceVocabulary.UserDefined.NORMAL);
    TokenizerJson json = files.tokenizer().orElseThrow();
    OptionalInt other = firstDifference(pieces.vocabulary(), json, added.get().byId());
    if (other.isPresent()) {
      String[] texts = HuggingFaceVocabulary.texts(json);
      notes.add(
          "token %d is '%s' in tokenizer.json, but '%s' in %s: the former is believed, as"
                  .formatted(
                      other.getAsInt(),
                      texts[other.getAsInt()],
                      pieces.vocabulary().text(other.getAsInt()),
                      MODEL_FILE)
              + " transformers does, with scores from the order of its merges; llama.cpp's "
              + "converter"
              + " believes the latter (--as-reference)");
      return HuggingFaceVocabulary.corrected(json, added.get(), special(), size, notes);
    }
    SentencePieceVocabulary.describe(pieces.vocabulary(), added.get(), special());
    return pieces.vocabulary();
  }

  /// The first token of which the two files say different things, and which was not added.
  private static OptionalInt firstDifference(
      Vocabulary pieces, TokenizerJson json, SequencedMap<Integer, AddedToken> added)
      throws IOException {
    String[] texts = HuggingFaceVocabulary.texts(json);
    for (int id = 0; id < Math.min(texts.length, pieces.size()); id++) {
      if (!texts[id].equals(pieces.text(id)) && !added.containsKey(id)) {
        return OptionalInt.of(id);
      }
    }
    return OptionalInt.empty();
  }

  /// Tokens with a role are control tokens, whatever else they are.
  private void markRoles(Vocabulary vocabulary) throws IOException {
    if (files.addedTokensDecoder().isPresent()) {
      return;
    }
    PieceTable table = new PieceTable(vocabulary.texts());
    for (AddedToken token : TokenRoles.of(files, TokenizerClass.of(files)).all()) {
      int id = table.find(token.content());
      if (id != PieceTable.NONE
          && (vocabulary.type(id) == TokenType.NORMAL
              || vocabulary.type(id) == TokenType.USER_DEFINED)) {
        vocabulary.set(id, vocabulary.text(id), vocabulary.score(id), TokenType.CONTROL);
      }
    }
  }

  private void noteDifference(Vocabulary reference, Vocabulary corrected) {
    int count = 0;
    int first = -1;
    for (int id = 0; id < size; id++) {
      boolean differs =
          reference.type(id) != corrected.type(id)
              || !reference.text(id).equals(corrected.text(id));
      if (differs) {
        first = count == 0 ? id : first;
        count++;
      }
    }
    if (count > 0) {
      notes.add(
          ("token %d is '%s' of type %s, as transformers takes it; llama.cpp's converter "
                      + "writes '%s' of type")
                  .formatted(
                      first, corrected.text(first), corrected.type(first), reference.text(first))
              + " %s (%d such tokens; --as-reference)".formatted(reference.type(first), count));
    }
  }

  private SentencePieceVocabulary.Special special() {
    if (style == SentencePieceStyle.ARCTIC) {
      return SentencePieceVocabulary.Special.AS_PIECES;
    }
    return style.readsAll()
        ? SentencePieceVocabulary.Special.AS_FLAGGED
        : SentencePieceVocabulary.Special.BY_TEXT_TOO;
  }

  /// The added tokens that tokenizer_config.json describes.
  private SequencedMap<Integer, AddedToken> described() throws IOException {
    SequencedMap<Integer, AddedToken> tokens = new TreeMap<>();
    if (files.addedTokensDecoder().isPresent()) {
      var decoder = files.addedTokensDecoder().get();
      for (var entry : decoder.fields()) {
        long id = AddedVocabulary.id(decoder, entry.getKey());
        if (id >= 0 && id < size) {
          tokens.put((int) id, AddedToken.of(decoder.child(entry.getKey(), entry.getValue())));
        }
      }
    }
    return tokens;
  }

  private void writeRoles(
      Vocabulary vocabulary, Optional<AddedVocabulary> added, Metadata.Builder metadata)
      throws IOException {
    PieceTable table = new PieceTable(vocabulary.texts());
    RoleCorrection correction =
        new RoleCorrection(
            ImpliedRoles.SENTENCEPIECE,
            vocabulary.size(),
            text -> {
              int id = table.find(text);
              return added.isPresent()
                  ? added.get().id(text)
                  : id == PieceTable.NONE ? OptionalInt.empty() : OptionalInt.of(id);
            },
            vocabulary::text,
            notes);
    RoleKeys.write(
        files,
        OptionalInt.of(vocabulary.size()),
        NamedRoles.NONE,
        style.saysSpaceAfterTokens() ? InternLmPieces.endOfTurn(files, style) : OptionalInt.empty(),
        correction,
        fidelity,
        notes,
        metadata);
  }

  /// The reference takes the end of a turn that published vocabularies have, whatever this one is.
  private void writeTurns(Vocabulary vocabulary, Metadata.Builder metadata) throws IOException {
    SpecialTokens turns =
        new SpecialTokens(List.of(SpecialTokenKind.EOT), OptionalInt.empty(), notes);
    turns.read(files.tokenizerFields(), files.tokenizerConfig(), files.config());
    int found = new PieceTable(vocabulary.texts()).find(GEMMA_EOT);
    if (fidelity == Fidelity.AS_REFERENCE) {
      turns.setId(SpecialTokenKind.EOT, GEMMA_EOT_ID);
    } else if (found != PieceTable.NONE) {
      turns.setId(SpecialTokenKind.EOT, found);
    }
    if (fidelity == Fidelity.CORRECTED
        && !turns.id(SpecialTokenKind.EOT).equals(OptionalInt.of(GEMMA_EOT_ID))) {
      notes.add(
          "the end of a turn is %s; llama.cpp's converter writes token %d (--as-reference)"
              .formatted(
                  found == PieceTable.NONE
                      ? "left out, since no token is '" + GEMMA_EOT + "'"
                      : "token " + found + ", '" + GEMMA_EOT + "'",
                  GEMMA_EOT_ID));
    }
    turns.write(metadata);
  }

  private Optional<SentencePieceModel> model() throws IOException {
    Optional<byte[]> bytes =
        style == SentencePieceStyle.XVERSE ? Optional.empty() : files.folder().bytes(MODEL_FILE);
    if (bytes.isEmpty()) {
      return Optional.empty();
    }
    SentencePieceModel model =
        SentencePieceModel.parse(files.folder().path().resolve(MODEL_FILE), bytes.get());
    if (model.algorithm() != SentencePieceModel.Algorithm.BPE) {
      notes.add(
          MODEL_FILE
              + " is a "
              + model.algorithm()
              + " model: programs that read GGUF apply it as byte-pair encoding");
    }
    return Optional.of(model);
  }
}
