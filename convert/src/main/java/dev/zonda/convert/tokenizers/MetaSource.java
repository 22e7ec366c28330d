package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.files.Llama3Tokens;
import dev.zonda.convert.tokenizers.files.RankedVocabulary;
import dev.zonda.convert.tokenizers.files.SentencePieceModel;
import dev.zonda.convert.tokenizers.files.TokenType;
import dev.zonda.convert.tokenizers.files.TokenizerFiles;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.convert.tokenizers.files.Vocabulary;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// Writes the vocabulary of a folder in Meta's layout: `tokenizer.model`, which is SentencePiece's
/// up to Llama 2, and a list of ranks from Llama 3 on.
final class MetaSource {
  private static final String MODEL = "tokenizer.model";
  private static final String PRE_TOKENIZER = "llama-bpe";

  /// The tag of the first piece in SentencePiece's files.
  private static final byte SENTENCEPIECE = 0x0a;

  private final TokenizerFiles files;
  private final int size;
  private final Notes notes;

  /// @param size tokens that the model has
  MetaSource(TokenizerFiles files, int size, Notes notes) {
    this.files = files;
    this.size = size;
    this.notes = notes;
  }

  void write(Metadata.Builder metadata) throws IOException {
    Path path = files.folder().path().resolve(MODEL);
    byte[] bytes =
        files
            .folder()
            .bytesHereOrAbove(MODEL)
            .orElseThrow(() ->
                FormatException.in(
                    files.folder().path(),
                    "has no vocabulary: expected tokenizer.model in it or in its parent folder"));
    if (bytes.length > 0 && bytes[0] == SENTENCEPIECE) {
      writePieces(SentencePieceModel.parse(path, bytes), metadata);
    } else {
      writeRanks(RankedVocabulary.parse(path, bytes), metadata);
    }
    metadata.putBool(TokenizerKeys.ADD_BOS, true).putBool(TokenizerKeys.ADD_EOS, false);
  }

  private void writePieces(SentencePieceModel model, Metadata.Builder metadata) {
    SentencePieceVocabulary pieces =
        new SentencePieceVocabulary(size, SentencePieceVocabulary.Special.AS_FLAGGED, notes);
    pieces.addPieces(model, SentencePieceVocabulary.UserDefined.NORMAL);
    Vocabulary vocabulary = pieces.vocabulary();
    metadata
        .putText(TokenizerKeys.MODEL, "llama")
        .putText(TokenizerKeys.PRE, "default")
        .put(TokenizerKeys.TOKENS, vocabulary.tokens())
        .put(TokenizerKeys.SCORES, vocabulary.scores())
        .put(TokenizerKeys.TOKEN_TYPE, vocabulary.types())
        .putUint32(TokenizerKeys.BOS_ID, 1)
        .putUint32(TokenizerKeys.EOS_ID, 2)
        .putUint32(TokenizerKeys.UNKNOWN_ID, 0);
  }

  /// Special tokens come after those of the file. Their names are in no file.
  private void writeRanks(RankedVocabulary ranked, Metadata.Builder metadata)
      throws FormatException {
    List<String> words = ranked.words();
    List<String> special =
        Llama3Tokens.names(size - words.size(), files.config().has("rope_scaling"));
    if (special.isEmpty()) {
      throw FormatException.in(
          files.folder().path().resolve(MODEL),
          "has %d tokens, but the model %d: expected those and at least %d special ones"
              .formatted(words.size(), size, Llama3Tokens.FEWEST));
    }
    Vocabulary vocabulary = new Vocabulary();
    words.forEach(word -> vocabulary.add(word, 0, TokenType.NORMAL));
    special.forEach(name -> vocabulary.add(name, 0, TokenType.CONTROL));
    metadata
        .putText(TokenizerKeys.MODEL, "gpt2")
        .putText(TokenizerKeys.PRE, PRE_TOKENIZER)
        .put(TokenizerKeys.TOKENS, vocabulary.tokens())
        .put(TokenizerKeys.TOKEN_TYPE, vocabulary.types())
        .put(TokenizerKeys.MERGES, MetadataValue.Array.ofStrings(ranked.merges()))
        .putUint32(TokenizerKeys.BOS_ID, words.size())
        .putUint32(TokenizerKeys.EOS_ID, words.size() + 1);
  }
}
