package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.tokenizers.files.AddedToken;
import dev.zonda.convert.tokenizers.files.TokenType;
import dev.zonda.convert.tokenizers.files.TokenizerFiles;
import dev.zonda.convert.tokenizers.files.Vocabulary;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalInt;

/// What llama.cpp's converter does with the pieces of InternLM's vocabularies.
final class InternLmPieces {
  private static final String UNUSED = "[UNUSED";
  private static final String ZERO = "\0";

  /// It stands for a zero byte, which C++ takes for an empty text.
  private static final String STAND_IN = "\uD83D\uDC09";

  private static final String END_OF_TURN = "<|im_end|>";

  private InternLmPieces() {}

  /// Pieces that are kept free for tokens that fine-tunes add.
  static void markUnused(Vocabulary vocabulary) {
    for (int id = 0; id < vocabulary.size(); id++) {
      if (vocabulary.text(id).startsWith(UNUSED)) {
        vocabulary.set(id, vocabulary.text(id), vocabulary.score(id), TokenType.UNUSED);
      }
    }
  }

  static void replaceZero(Vocabulary vocabulary) {
    for (int id = 0; id < vocabulary.size(); id++) {
      if (vocabulary.text(id).equals(ZERO)) {
        vocabulary.set(id, STAND_IN, vocabulary.score(id), vocabulary.type(id));
      }
    }
  }

  /// The token that ends a turn of a chat, if the files add it. The converter takes it for the end
  /// of a text: in InternLM 3 only if it is special.
  static OptionalInt endOfTurn(TokenizerFiles files, SentencePieceStyle style) throws IOException {
    OptionalInt found = OptionalInt.empty();
    Optional<JsonFields> decoder = files.addedTokensDecoder();
    if (decoder.isPresent()) {
      for (var entry : decoder.get().fields()) {
        AddedToken token = AddedToken.of(decoder.get().child(entry.getKey(), entry.getValue()));
        boolean counts = token.special() || style == SentencePieceStyle.INTERNLM_2;
        if (counts && token.content().equals(END_OF_TURN)) {
          found = OptionalInt.of((int) AddedVocabulary.id(decoder.get(), entry.getKey()));
        }
      }
    }
    if (style == SentencePieceStyle.INTERNLM_2 && files.tokenizer().isPresent()) {
      for (JsonFields token : files.tokenizerFields().orElseThrow().objects("added_tokens")) {
        if (token.text("content").equals(Optional.of(END_OF_TURN))) {
          found = OptionalInt.of((int) token.integer("id", 0, Integer.MAX_VALUE).orElseThrow());
        }
      }
    }
    return found;
  }
}
