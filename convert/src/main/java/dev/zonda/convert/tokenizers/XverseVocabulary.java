package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.files.AddedToken;
import dev.zonda.convert.tokenizers.files.TokenType;
import dev.zonda.convert.tokenizers.files.TokenizerJson;
import dev.zonda.convert.tokenizers.files.Vocabulary;
import dev.zonda.formats.FormatException;
import java.util.Optional;

/// XVERSE's vocabulary: merged pieces in tokenizer.json, among them a zero byte, and no other
/// bytes.
///
/// llama.cpp's converter (the reference) writes the pieces without scores, so that its files split
/// text wrongly; [Fidelity#CORRECTED] writes the order of merges as scores.
final class XverseVocabulary {
  private static final String ZERO = "\0";

  /// What Python makes of a zero byte, and of the brackets around it.
  private static final String ZERO_OF_REFERENCE = "<b'\\x00'>";

  private XverseVocabulary() {}

  /// @param size tokens of the model
  static Vocabulary of(
      TokenizerJson file, AddedVocabulary added, int size, Fidelity fidelity, Notes notes)
      throws FormatException {
    if (fidelity == Fidelity.AS_REFERENCE) {
      return asReference(file, added, size);
    }
    notes.add(
        "tokenizer.json: scores are written from the order of its merges; llama.cpp's converter"
            + " writes none, and its file splits text differently");
    notes.add(
        "tokenizer.json applies %s before merging: programs that read GGUF cut text as Llama's"
                .formatted(SpaceScheme.described(file.fields()))
            + " tokenizer does");
    Vocabulary vocabulary =
        HuggingFaceVocabulary.corrected(
            file, added, SentencePieceVocabulary.Special.AS_FLAGGED, size, notes);
    for (int id = 0; id < vocabulary.size(); id++) {
      if (vocabulary.text(id).equals(ZERO)) {
        vocabulary.set(id, "<0x00>", vocabulary.score(id), TokenType.BYTE);
      }
    }
    return vocabulary;
  }

  private static Vocabulary asReference(TokenizerJson file, AddedVocabulary added, int size)
      throws FormatException {
    String[] texts = HuggingFaceVocabulary.texts(file);
    Vocabulary vocabulary = new Vocabulary();
    for (int id = 0; id < size; id++) {
      Optional<AddedToken> token = Optional.ofNullable(added.byId().get(id));
      if (token.isEmpty() && id >= texts.length) {
        throw file.fields()
            .problem("model.vocab", "has no token %d, but the model %d".formatted(id, size));
      }
      String text = id < texts.length ? texts[id] : token.orElseThrow().content();
      boolean isZero = text.equals(ZERO);
      TokenType type =
          isZero || text.matches("<0x[0-9A-Fa-f]{2}>")
              ? TokenType.BYTE
              : token
                  .map(one -> one.special() ? TokenType.CONTROL : TokenType.USER_DEFINED)
                  .orElse(TokenType.NORMAL);
      vocabulary.add(isZero ? ZERO_OF_REFERENCE : text, 0, type);
    }
    return vocabulary;
  }
}
