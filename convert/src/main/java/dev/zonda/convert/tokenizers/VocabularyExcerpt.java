package dev.zonda.convert.tokenizers;

import dev.zonda.convert.tokenizers.files.TokenType;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.convert.tokenizers.files.Vocabulary;
import dev.zonda.convert.tokenizers.words.ByteAlphabet;
import dev.zonda.convert.tokenizers.words.IntList;
import dev.zonda.convert.tokenizers.words.PreTokenizer;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What of a byte-level vocabulary a text can be made of: its tokens that occur in the text, and
/// the merges that lead to them. For a short text this is far less than the vocabulary, and is
/// looked through in no time.
final class VocabularyExcerpt {
  /// Longer tokens are looked for one by one.
  private static final int LONGEST = 24;

  private final String encoded;
  private final Set<String> parts = new HashSet<>();
  private final Vocabulary tokens = new Vocabulary();
  private final IntList ids = new IntList();
  private final List<String> merges = new ArrayList<>();

  /// @param text as it is before it is cut into words
  /// @param base texts of the vocabulary by id; null where an id has none
  VocabularyExcerpt(String text, String[] base, List<String> merges) {
    this.encoded = ByteAlphabet.encode(text);
    for (int from = 0; from < encoded.length(); from++) {
      for (int to = from + 1; to <= Math.min(from + LONGEST, encoded.length()); to++) {
        parts.add(encoded.substring(from, to));
      }
    }
    for (int id = 0; id < base.length; id++) {
      if (base[id] != null && occurs(base[id])) {
        tokens.add(base[id], 0, TokenType.NORMAL);
        ids.add(id);
      }
    }
    for (String merge : merges) {
      int space = merge.indexOf(' ', 1);
      if (space > 0 && occurs(merge.substring(0, space) + merge.substring(space + 1))) {
        this.merges.add(merge);
      }
    }
  }

  private boolean occurs(String token) {
    return token.length() <= LONGEST ? parts.contains(token) : encoded.contains(token);
  }

  /// The ids of the text, which holds no added tokens.
  ///
  /// @param cutting how it is cut into words
  /// @param choices which say how words are merged
  int[] encode(String text, PreTokenizer cutting, Metadata choices) throws FormatException {
    Metadata metadata =
        choices.toBuilder()
            .put(TokenizerKeys.TOKENS, tokens.tokens())
            .put(TokenizerKeys.TOKEN_TYPE, tokens.types())
            .build();
    int[] all = ids.toArray();
    int[] found = BytePairTokenizer.of(cutting, metadata, merges).encode(text);
    for (int i = 0; i < found.length; i++) {
      found[i] = all[found[i]];
    }
    return found;
  }
}
