package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.convert.tokenizers.files.Vocabulary;
import dev.zonda.convert.tokenizers.words.PreTokenizer;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;

/// What [PublishedVocabularies] know a folder's vocabulary by.
final class VocabularyHash {
  private final String[] base;
  private final List<String> merges;
  private final AddedVocabulary added;
  private final Vocabulary built;

  /// @param base texts of the vocabulary that tokens were added to, by id; null where an id has
  ///   none
  /// @param built both as GGUF has them
  VocabularyHash(String[] base, List<String> merges, AddedVocabulary added, Vocabulary built) {
    this.base = base;
    this.merges = merges;
    this.added = added;
    this.built = built;
  }

  /// @param tokenizer what tokenizer.json says of all but the way to cut text
  /// @param cutting how text is cut into words
  String of(JsonFields tokenizer, PreTokenizer cutting) throws FormatException {
    PreTokenizerDefinition definition = PreTokenizerDefinition.of(tokenizer);
    Metadata choices =
        Metadata.builder()
            .putBool(TokenizerKeys.NORMALIZER_NFC, definition.composes())
            .putBool(TokenizerKeys.IGNORE_MERGES, definition.takesWholeWords())
            .build();
    int[] ids = ids(PublishedVocabularies.TEXT, cutting, choices);
    return PublishedVocabularies.hash(DocumentTemplate.of(tokenizer).around(ids));
  }

  private int[] ids(String text, PreTokenizer cutting, Metadata choices) throws FormatException {
    if (added.ids().keySet().stream().noneMatch(text::contains)) {
      return new VocabularyExcerpt(text, base, merges).encode(text, cutting, choices);
    }
    Metadata metadata =
        choices.toBuilder()
            .put(TokenizerKeys.TOKENS, built.tokens())
            .put(TokenizerKeys.TOKEN_TYPE, built.types())
            .build();
    return BytePairTokenizer.of(cutting, metadata, base, merges, added)
        .encode(text, Tokenizer.ControlNames.TOKENS);
  }
}
