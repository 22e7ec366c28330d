package dev.zonda.convert.tokenizers;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;

/// The two rounds in which added tokens are looked for: those that are not normalized in the text
/// as it stands, then the others in what is left, after normalization.
///
/// @param raw of the first round
/// @param normalizer what becomes of a text before the second round
/// @param normalized of the second one
record AddedTokenRounds(
    AddedTokenFinder raw, UnaryOperator<String> normalizer, AddedTokenFinder normalized) {
  /// @param texts of the tokens by id; of those that become the same, the first counts
  /// @param normalizer what becomes of a text before the second round
  static AddedTokenRounds of(
      SequencedMap<Integer, String> texts,
      AddedTokenFlags flags,
      UnaryOperator<String> normalizer) {
    List<Integer> first = new ArrayList<>();
    List<Integer> second = new ArrayList<>();
    texts.sequencedKeySet().forEach(id -> (flags.normalized().get(id) ? second : first).add(id));
    return new AddedTokenRounds(
        finder(first, texts, flags, UnaryOperator.identity()),
        normalizer,
        finder(second, texts, flags, normalizer));
  }

  /// Cuts a text at the tokens of both rounds.
  ///
  /// @param parts what receives them and the normalized text between them, which begins at 0 where
  ///   the whole text does, and nowhere else
  void split(String text, AddedTokenFinder.Parts parts) {
    raw.split(
        text,
        new AddedTokenFinder.Parts() {
          @Override
          public void text(String piece, int from) {
            normalized.split(normalizer.apply(piece), from == 0 ? parts : behind(parts));
          }

          @Override
          public void token(int id) {
            parts.token(id);
          }
        });
  }

  /// For pieces that do not begin where the whole text does.
  private static AddedTokenFinder.Parts behind(AddedTokenFinder.Parts parts) {
    return new AddedTokenFinder.Parts() {
      @Override
      public void text(String piece, int from) {
        parts.text(piece, from + 1);
      }

      @Override
      public void token(int id) {
        parts.token(id);
      }
    };
  }

  private static AddedTokenFinder finder(
      List<Integer> ids,
      SequencedMap<Integer, String> texts,
      AddedTokenFlags flags,
      UnaryOperator<String> spelling) {
    SequencedMap<String, Integer> spelled = new LinkedHashMap<>();
    ids.forEach(id -> spelled.putIfAbsent(spelling.apply(texts.get(id)), id));
    return new AddedTokenFinder(
        List.copyOf(spelled.sequencedKeySet()),
        spelled.sequencedValues().stream().mapToInt(Integer::intValue).toArray(),
        flags);
  }
}
