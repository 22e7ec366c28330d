package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.files.TokenType;
import dev.zonda.convert.tokenizers.files.TokenizerClass;
import dev.zonda.convert.tokenizers.files.TokenizerFiles;
import dev.zonda.convert.tokenizers.files.TokenizerJson;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.convert.tokenizers.files.Vocabulary;
import dev.zonda.convert.tokenizers.words.PreTokenizer;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// Writes a byte-level vocabulary of byte pairs: from `tokenizer.json`, else from `vocab.json` and
/// `merges.txt`.
final class BytePairSource {
  static final String VOCABULARY = "vocab.json";
  private static final String MERGES = "merges.txt";
  private static final int SHOWN = 2000;

  private final TokenizerFiles files;
  private final int size;
  private final Optional<String> preTokenizer;
  private final VocabularyForm form;
  private final PublishedVocabularies published;
  private final Fidelity fidelity;
  private final Notes notes;

  BytePairSource(
      TokenizerFiles files,
      int size,
      Optional<String> preTokenizer,
      VocabularyForm form,
      PublishedVocabularies published,
      Fidelity fidelity,
      Notes notes) {
    this.files = files;
    this.size = size;
    this.preTokenizer = preTokenizer;
    this.form = form;
    this.published = published;
    this.fidelity = fidelity;
    this.notes = notes;
  }

  void write(Metadata.Builder metadata) throws IOException {
    String[] base = base();
    AddedVocabulary added = added(base, notes);
    List<String> merges = merges();
    Vocabulary built =
        BytePairVocabulary.of(base, added, size, BytePairVocabulary.Controls.of(form), notes);
    if (form == VocabularyForm.SARVAM && fidelity == Fidelity.CORRECTED) {
      markBytes(built);
    }
    String name =
        preTokenizer.isPresent()
            ? preTokenizer.get()
            : recognized(metadata, new VocabularyHash(base, merges, added, built));
    metadata.putText(TokenizerKeys.MODEL, "gpt2").putText(TokenizerKeys.PRE, name);
    metadata.put(TokenizerKeys.TOKENS, built.tokens()).put(TokenizerKeys.TOKEN_TYPE, built.types());
    if (!merges.isEmpty()) {
      metadata.put(TokenizerKeys.MERGES, MetadataValue.Array.ofStrings(merges));
    }
    RoleCorrection correction =
        new RoleCorrection(ImpliedRoles.bytes(name), size, added::id, built::text, notes);
    RoleKeys.write(
        files,
        OptionalInt.empty(),
        NamedRoles.of(form),
        OptionalInt.empty(),
        correction,
        fidelity,
        notes,
        metadata);
    if (fidelity == Fidelity.CORRECTED) {
      writeComposition(name, metadata);
      AddedTokenFlags.write(built.texts(), added.byId(), notes, metadata);
      AddedTokenFlags.writeRounds(built.texts(), added.byId(), metadata);
      writeWholeWords(name, metadata);
      new RebuiltTokenizer(files, TokenizerClass.of(files))
          .note(ids(base), rebuiltWords(metadata), notes);
    }
  }

  /// llama.cpp finds tokens of bytes by their names, whatever their type, but writes their bytes
  /// only if it is that of bytes.
  private void markBytes(Vocabulary vocabulary) {
    int marked = 0;
    for (int id = 0; id < vocabulary.size(); id++) {
      if (vocabulary.type(id) == TokenType.NORMAL
          && SentencePieceTokenizer.byteOf(vocabulary.text(id)).isPresent()) {
        vocabulary.set(id, vocabulary.text(id), vocabulary.score(id), TokenType.BYTE);
        marked++;
      }
    }
    if (marked > 0) {
      notes.add(
          "%d tokens are bytes, as in transformers; llama.cpp's converter takes them for texts"
                  .formatted(marked)
              + " (--as-reference)");
    }
  }

  /// The folder's own tokenizer.
  ///
  /// @param metadata as written
  Tokenizer tokenizer(Metadata metadata) throws IOException {
    String[] base = base();
    if (metadata.text(TokenizerKeys.PRE).equals(Optional.of(PreTokenizer.SARVAM_MOE.ggufName()))
        && files.tokenizer().isPresent()) {
      return MergedPieceTokenizer.of(
          MergedPieceTokenizer.asPieces(metadata),
          files.tokenizer().get(),
          SpaceScheme.SIGNS,
          added(base, new Notes()));
    }
    Optional<JsonFields> model =
        files.tokenizer().isPresent()
            ? files.tokenizer().get().fields().object("model")
            : Optional.empty();
    boolean wholeWords = model.isPresent() && model.get().bool("ignore_merges").orElse(false);
    return BytePairTokenizer.of(
        metadata.toBuilder().putBool(TokenizerKeys.IGNORE_MERGES, wholeWords).build(),
        base,
        merges(),
        added(base, new Notes()));
  }

  private AddedVocabulary added(String[] base, Notes notes) throws IOException {
    return AddedVocabulary.of(files, TokenizerClass.of(files), ids(base), fidelity, notes);
  }

  private static Map<String, Integer> ids(String[] base) {
    Map<String, Integer> ids = new HashMap<>(2 * base.length);
    for (int id = 0; id < base.length; id++) {
      if (base[id] != null) {
        ids.put(base[id], id);
      }
    }
    return ids;
  }

  private List<String> merges() throws IOException {
    return files.tokenizer().isPresent() ? files.tokenizer().get().merges() : mergesFile();
  }

  /// The texts of the base vocabulary by id; null where an id has none.
  private String[] base() throws IOException {
    if (files.tokenizer().isPresent()) {
      return ofTokenizer(files.tokenizer().get());
    }
    if (!files.folder().has(VOCABULARY) || !files.folder().has(MERGES)) {
      throw FormatException.in(
          files.folder().path(),
          "has no vocabulary: expected tokenizer.model or tokenizer.json, or vocab.json and"
              + " merges.txt, next to config.json");
    }
    return TokenizerJson.plainVocabulary(files.folder(), VOCABULARY);
  }

  private static String[] ofTokenizer(TokenizerJson tokenizer) throws IOException {
    JsonFields fields = tokenizer.fields();
    JsonFields model =
        fields
            .object("model")
            .orElseThrow(() -> fields.problem("model", "is missing, expected an object"));
    String type = model.text("type").orElse("BPE");
    if (!type.equals("BPE") || tokenizer.vocabulary().isEmpty()) {
      throw model.problem("type", "is " + type + ", expected BPE with an object as vocab");
    }
    for (String field : List.of("continuing_subword_prefix", "end_of_word_suffix")) {
      if (!model.text(field).orElse("").isEmpty()) {
        throw model.problem(field, "is set, which GGUF has no key for");
      }
    }
    return tokenizer.vocabulary().orElseThrow();
  }

  /// GGUF's name of what tokenizer.json defines, or of what the tokenizer's class does.
  private String recognized(Metadata.Builder metadata, VocabularyHash hash) throws IOException {
    if (files.tokenizer().isEmpty()) {
      return ofClass();
    }
    PreTokenizerDefinition definition = definition();
    Optional<PreTokenizer> defined =
        fileDefinition()
            .ofFamily(architecture(metadata))
            .or(() -> definition.recognize(architecture(metadata)));
    if (defined.isEmpty()) {
      throw unknown("cuts text in a way that GGUF has no name for: " + definition, suggested(hash));
    }
    PreTokenizer found = defined.get();
    Optional<String> known = known(found, hash);
    PreTokenizer begun =
        DocumentTemplate.of(tokenizerFields()).before().isEmpty()
            ? definition.unbegun(found)
            : found;
    String ofReference = known.orElse(begun.ggufName());
    boolean isAlike = PreTokenizer.named(ofReference).orElseThrow().traits().equals(found.traits());
    if (fidelity == Fidelity.AS_REFERENCE || isAlike) {
      return ofReference;
    }
    notes.add(
        ("%s%s is '%s', which cuts and merges words as it does; "
                + "llama.cpp's converter writes '%s' (--as-reference)")
            .formatted(
                begun.equals(found)
                    ? "for tokenizer.json, "
                    : "tokenizer.json puts no BOS before a text: ",
                TokenizerKeys.PRE,
                found.ggufName(),
                ofReference));
    return found.ggufName();
  }

  /// The name that the reference has for the vocabulary, where several mean that text is cut so.
  private Optional<String> known(PreTokenizer found, VocabularyHash hash) throws IOException {
    return published.hasOthersLike(found)
        ? published
            .name(hash.of(tokenizerFields(), found))
            .filter(name -> PublishedVocabularies.cutsLike(name, found))
        : Optional.empty();
  }

  /// The name of a published vocabulary that this is, whatever tokenizer.json says.
  private Optional<String> suggested(VocabularyHash hash) throws IOException {
    for (PreTokenizer one : PreTokenizer.ALL) {
      if (one.has(PreTokenizer.Trait.PIECES)) {
        continue;
      }
      Optional<String> name =
          published
              .name(hash.of(tokenizerFields(), one))
              .filter(other -> PublishedVocabularies.cutsLike(other, one));
      if (name.isPresent()) {
        return name;
      }
    }
    return Optional.empty();
  }

  /// How text is cut: as tokenizer.json says, or as llama.cpp's converter believes, which asks
  /// transformers. It was made with a version that believes the file, and knows what published
  /// models of a family have: those count, even if the class does something else today.
  private PreTokenizerDefinition definition() throws IOException {
    PreTokenizerDefinition own = fileDefinition();
    return fidelity == Fidelity.AS_REFERENCE
        ? PreTokenizerDefinition.of(TokenizerClass.of(files)).orElse(own)
        : own;
  }

  private PreTokenizerDefinition fileDefinition() throws IOException {
    return PreTokenizerDefinition.of(tokenizerFields());
  }

  private JsonFields tokenizerFields() throws IOException {
    return files.tokenizer().orElseThrow().fields();
  }

  /// Readers tell by the pre-tokenizer's name whether text is composed, rightly or not.
  private void writeComposition(String name, Metadata.Builder metadata) throws IOException {
    if (files.tokenizer().isEmpty() || PreTokenizer.named(name).isEmpty()) {
      return;
    }
    PreTokenizerDefinition definition = definition();
    if (preTokenizer.isPresent()) {
      definition
          .unlike(PreTokenizer.named(name).get())
          .ifPresent(other ->
              notes.add(
                  ("tokenizer.json cuts text differently from '%s', which --pre-tokenizer "
                          + "gives and is believed: %s")
                      .formatted(name, shortened(other))));
    }
    boolean composes = PreTokenizer.named(name).get().has(PreTokenizer.Trait.COMPOSED);
    if (definition.composes() != composes) {
      notes.add(
          "tokenizer.json %s text to normalization form C, but '%s' %s: written as %s"
              .formatted(
                  definition.composes() ? "brings" : "does not bring",
                  name,
                  composes ? "does" : "does not",
                  TokenizerKeys.NORMALIZER_NFC));
      metadata.putBool(TokenizerKeys.NORMALIZER_NFC, definition.composes());
    }
  }

  /// What the tokenizer's class does with words, where tokenizer.json says something else.
  private Optional<String> rebuiltWords(Metadata.Builder metadata) throws IOException {
    TokenizerClass loader = TokenizerClass.of(files);
    Optional<PreTokenizerDefinition> rebuilt = PreTokenizerDefinition.of(loader);
    if (files.tokenizer().isEmpty() || rebuilt.isEmpty() || preTokenizer.isPresent()) {
      return Optional.empty();
    }
    PreTokenizerDefinition own = definition();
    boolean prefixes =
        files.tokenizerConfig().isPresent()
            && files.tokenizerConfig().get().bool("add_prefix_space").orElse(false);
    if (own.toString().equals(rebuilt.get().toString()) && !prefixes) {
      return Optional.empty();
    }
    return Optional.of(
        "%scuts text as '%s' does%s"
            .formatted(
                prefixes ? "puts a space before a text and " : "",
                rebuilt.get().recognize(architecture(metadata)).orElseThrow().ggufName(),
                rebuilt.get().composes() ? ", brought to normalization form C" : ""));
  }

  /// Readers tell by the pre-tokenizer's name whether a word that is a token is taken whole,
  /// rightly or not. It matters only if the parts of some token do not merge to it.
  private void writeWholeWords(String name, Metadata.Builder metadata) throws IOException {
    Optional<PreTokenizer> named = PreTokenizer.named(name);
    Optional<JsonFields> model =
        files.tokenizer().isPresent()
            ? files.tokenizer().get().fields().object("model")
            : Optional.empty();
    if (named.isEmpty() || model.isEmpty()) {
      return;
    }
    boolean implied = named.get().has(PreTokenizer.Trait.WHOLE_WORDS);
    boolean said = model.get().bool("ignore_merges").orElse(false);
    if (said != implied && !BytePairTokenizer.of(metadata.build()).mergesToEveryToken()) {
      notes.add(
          "tokenizer.json says ignore_merges %s, but '%s' implies %s: written as %s"
              .formatted(said, name, implied, TokenizerKeys.IGNORE_MERGES));
      metadata.putBool(TokenizerKeys.IGNORE_MERGES, said);
    }
  }

  private String ofClass() throws FormatException {
    Optional<String> name = Optional.empty();
    if (files.tokenizerConfig().isPresent()) {
      name = files.tokenizerConfig().get().text("tokenizer_class");
    }
    if (name.isEmpty()) {
      name = files.config().text("tokenizer_class").or(() -> modelType());
    }
    return switch (name.orElse("")) {
      case "GPT2Tokenizer", "GPT2TokenizerFast", "gpt2", "gpt_neo" -> PreTokenizer.GPT2.ggufName();
      case "Qwen2Tokenizer",
          "Qwen2TokenizerFast",
          "DreamTokenizer",
          "qwen2",
          "qwen3",
          "qwen2_moe",
          "qwen3_moe" ->
          PreTokenizer.QWEN2.ggufName();
      default ->
          throw unknown(
              "is missing, and no tokenizer_class says how to cut text into words",
              Optional.empty());
    };
  }

  private Optional<String> modelType() {
    return files.config().get("model_type").map(type -> type.asString(""));
  }

  /// @param suggested the name that the reference has for the vocabulary
  private FormatException unknown(String problem, Optional<String> suggested) {
    String advice =
        suggested.isPresent()
            ? "llama.cpp's converter knows the vocabulary as '%s': if that does the same, give "
                    .formatted(suggested.get())
                + "--pre-tokenizer "
                + suggested.get()
            : "if one of these does the same, give it with --pre-tokenizer: "
                + String.join(", ", VocabularySource.preTokenizers());
    return FormatException.in(
        files.folder().path().resolve(TokenizerJson.FILE), shortened(problem) + "; " + advice);
  }

  private static String shortened(String text) {
    return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
  }

  private String architecture(Metadata.Builder metadata) {
    return NamedRoles.of(form).kin().orElseGet(() -> named(metadata));
  }

  private static String named(Metadata.Builder metadata) {
    return metadata.build().text("general.architecture").orElse("");
  }

  /// One pair a line; the first line may be a comment.
  private List<String> mergesFile() throws IOException {
    String text = files.folder().text(MERGES).orElseThrow();
    List<String> merges = new ArrayList<>();
    boolean first = true;
    for (String line : (Iterable<String>) text.lines()::iterator) {
      String pair = line.strip();
      boolean comment = first && pair.startsWith("#");
      first = false;
      if (comment || pair.isEmpty()) {
        continue;
      }
      String[] parts = pair.split("\\s+", 3);
      if (parts.length == 2) {
        merges.add(parts[0] + " " + parts[1]);
      } else {
        notes.add(MERGES + ": line '" + pair + "' is not a pair of tokens and is left out");
      }
    }
    return merges;
  }
}
