package dev.zonda.convert.card;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A value in a model card's front matter, as far as GGUF has use for it.
sealed interface CardValue {
  record Text(String value) implements CardValue {}

  record Items(List<CardValue> values) implements CardValue {}

  /// @param values the fields that are text
  record Fields(Map<String, String> values) implements CardValue {}

  /// Null, or something nested deeper than is read.
  record Nothing() implements CardValue {}

  default Optional<String> text() {
    return this instanceof Text(String value) ? Optional.of(value) : Optional.empty();
  }

  /// This value as a list, for fields in which a card may have one text or several.
  default List<CardValue> items() {
    return switch (this) {
      case Text text -> List.of(text);
      case Items(List<CardValue> values) -> values;
      case Fields fields -> List.of();
      case Nothing nothing -> List.of();
    };
  }
}
