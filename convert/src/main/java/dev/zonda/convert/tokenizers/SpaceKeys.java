package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.files.SentencePieceModel;
import dev.zonda.convert.tokenizers.files.TokenizerClass;
import dev.zonda.convert.tokenizers.files.TokenizerFiles;
import dev.zonda.convert.tokenizers.files.TokenizerJson;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.io.IOException;
import java.util.Optional;

/// Writes what a SentencePiece vocabulary does about spaces, where llama.cpp's converter does not.
///
/// @param files of the folder
/// @param style of the family
/// @param model `tokenizer.model`, if there is one
/// @param notes what the user should know
record SpaceKeys(
    TokenizerFiles files,
    SentencePieceStyle style,
    Optional<SentencePieceModel> model,
    Notes notes) {
  private static final String PREFIX_FIELD = "add_prefix_space";

  /// What tokenizer.json does about spaces, if it holds a vocabulary of this kind, and that is
  /// known.
  static Optional<SpaceScheme> scheme(TokenizerFiles files) throws IOException {
    if (!SentencePieceSource.hasPieces(files)) {
      return Optional.empty();
    }
    Optional<SpaceScheme> scheme = SpaceScheme.of(files.tokenizerFields().orElseThrow());
    boolean overridden =
        isLlama(TokenizerClass.of(files)) && configured(files).equals(Optional.of(false));
    return scheme.map(said ->
        overridden ? new SpaceScheme(SpacePrefix.NEVER, said.normalizes(), said.cuts()) : said);
  }

  /// What to say of a file that treats spaces in an unknown way.
  static String unknown(TokenizerFiles files) throws IOException {
    return "applies %s before merging, which is not known for a SentencePiece vocabulary"
        .formatted(SpaceScheme.described(files.tokenizerFields().orElseThrow()));
  }

  /// Writes whether there is a space before a text, if the metadata say something else.
  void writePrefix(Metadata.Builder metadata) throws IOException {
    boolean written = metadata.build().bool(TokenizerKeys.ADD_SPACE_PREFIX).orElse(true);
    Optional<SpaceScheme> scheme = scheme(files);
    if (SentencePieceSource.hasPieces(files)) {
      if (scheme.isEmpty()) {
        notes.add(
            "tokenizer.json "
                + unknown(files)
                + ": programs that read GGUF cut text as Llama's tokenizer does");
        return;
      }
      write(scheme.get().prefix() != SpacePrefix.NEVER, written, TokenizerJson.FILE, metadata);
      return;
    }
    boolean silent = configured().isEmpty() || !style.readsSpace();
    if (model.isPresent() && silent && !style.isGemma()) {
      write(model.get().addsDummyPrefix(), written, SentencePieceSource.MODEL_FILE, metadata);
    }
  }

  /// Writes where there is a space before a text, if llama.cpp has its own way.
  void writeScheme(Metadata.Builder metadata) throws IOException {
    Optional<SpaceScheme> scheme = scheme(files);
    if (scheme.isEmpty()) {
      return;
    }
    scheme
        .get()
        .prefix()
        .scheme()
        .ifPresent(name -> {
          notes.add(
              ("tokenizer.json puts %s: written as %s '%s'; llama.cpp puts one before "
                      + "every piece of text")
                  .formatted(
                      scheme.get().prefix().described(), TokenizerKeys.PREPEND_SCHEME, name));
          metadata.putText(TokenizerKeys.PREPEND_SCHEME, name);
        });
    if (scheme.get().splits()) {
      notes.add(
          "tokenizer.json cuts text before every space: written as %s; llama.cpp joins what it can"
              .formatted(TokenizerKeys.SPLITS_AT_SPACES));
      metadata.putBool(TokenizerKeys.SPLITS_AT_SPACES, true);
    }
    TokenizerClass loader = TokenizerClass.of(files);
    new RebuiltTokenizer(files, loader)
        .note(
            HuggingFaceVocabulary.ids(files.tokenizer().orElseThrow()),
            rebuiltSpaces(loader, scheme.get()),
            notes);
  }

  private void write(boolean adds, boolean written, String file, Metadata.Builder metadata) {
    if (adds != written) {
      notes.add(
          "%s adds %s before a text: written as %s %s; llama.cpp's converter %s (--as-reference)"
              .formatted(
                  file,
                  adds ? "a space" : "no space",
                  TokenizerKeys.ADD_SPACE_PREFIX,
                  adds,
                  metadata.build().bool(TokenizerKeys.ADD_SPACE_PREFIX).isPresent()
                      ? "writes " + written
                      : "drops it"));
      metadata.putBool(TokenizerKeys.ADD_SPACE_PREFIX, adds);
    }
  }

  /// What the tokenizer's class does about spaces, where tokenizer.json says something else.
  private Optional<String> rebuiltSpaces(TokenizerClass loader, SpaceScheme scheme)
      throws IOException {
    Optional<SpacePrefix> prefix = rebuilt(loader);
    if (prefix.isPresent() && prefix.get() != scheme.prefix()) {
      return Optional.of(
          "puts %s, where tokenizer.json puts %s"
              .formatted(prefix.get().described(), scheme.prefix().described()));
    }
    return prefix.isPresent() && scheme.splits()
        ? Optional.of("does not cut text before spaces")
        : Optional.empty();
  }

  /// What the class does by itself.
  private Optional<SpacePrefix> rebuilt(TokenizerClass loader) throws IOException {
    boolean adds = configured(files).orElse(true);
    return switch (loader) {
      case FROM_FILE, QWEN2, QWEN3_5, GPT2, CODE_GEN, GPT_NEOX, COHERE -> Optional.empty();
      case GEMMA -> Optional.of(SpacePrefix.NEVER);
      case CODE_LLAMA -> Optional.of(adds ? SpacePrefix.FIRST_UNLESS_SPACED : SpacePrefix.NEVER);
      case LLAMA -> {
        boolean legacy =
            files.tokenizerConfig().isPresent()
                && files.tokenizerConfig().get().bool("legacy").orElse(false);
        SpacePrefix added =
            legacy ? SpacePrefix.EACH_UNLESS_SPACED : SpacePrefix.FIRST_UNLESS_SPACED;
        yield Optional.of(adds ? added : SpacePrefix.NEVER);
      }
    };
  }

  /// What tokenizer_config.json says about a space before a text.
  Optional<Boolean> configured() throws FormatException {
    return configured(files);
  }

  private static boolean isLlama(TokenizerClass loader) {
    return loader == TokenizerClass.LLAMA || loader == TokenizerClass.CODE_LLAMA;
  }

  private static Optional<Boolean> configured(TokenizerFiles files) throws FormatException {
    Optional<JsonFields> config = files.tokenizerConfig();
    return config.isPresent() ? config.get().bool(PREFIX_FIELD) : Optional.empty();
  }
}
