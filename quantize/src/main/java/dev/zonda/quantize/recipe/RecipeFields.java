package dev.zonda.quantize.recipe;

import dev.zonda.formats.FormatException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/// The fields of a recipe, each asked for by name and type. Whatever is wrong names the field.
final class RecipeFields {
  private final Path file;
  private final JsonNode root;
  private final Set<String> known = new HashSet<>();

  /// @throws FormatException if the document is not an object
  RecipeFields(Path file, JsonNode root) throws FormatException {
    this.file = file;
    this.root = root;
    if (!root.isObject()) {
      throw FormatException.in(file, "is not a recipe, expected fields such as zonda_recipe: 1");
    }
  }

  Optional<Integer> number(String name) throws FormatException {
    Optional<JsonNode> value = field(name);
    return value.isEmpty() ? Optional.empty() : Optional.of(number(name, value.get()));
  }

  Optional<Boolean> flag(String name) throws FormatException {
    Optional<JsonNode> value = field(name);
    if (value.isPresent() && !value.get().isBoolean()) {
      throw fault(name, value.get(), "true or false");
    }
    return value.map(JsonNode::booleanValue);
  }

  Optional<String> text(String name) throws FormatException {
    Optional<JsonNode> value = field(name);
    return value.isEmpty() ? Optional.empty() : Optional.of(text(name, value.get()));
  }

  /// A text with a meaning.
  ///
  /// @param parser throws an IllegalArgumentException if the text has none
  <T> Optional<T> parsed(String name, Function<String, T> parser) throws FormatException {
    Optional<String> text = text(name);
    return text.isEmpty() ? Optional.empty() : Optional.of(parse(name, text.get(), parser));
  }

  List<String> texts(String name) throws FormatException {
    return parsedList(name, Function.identity());
  }

  <T> List<T> parsedList(String name, Function<String, T> parser) throws FormatException {
    List<T> items = new ArrayList<>();
    for (JsonNode item : items(name, "a list of strings")) {
      items.add(parse(name, text(name, item), parser));
    }
    return items;
  }

  List<Integer> numbers(String name) throws FormatException {
    List<Integer> numbers = new ArrayList<>();
    for (JsonNode item : items(name, "a list of whole numbers")) {
      numbers.add(number(name, item));
    }
    return numbers;
  }

  /// @throws FormatException if there are fields that were never asked for
  void requireNoOthers() throws FormatException {
    for (String name : root.propertyNames()) {
      if (!known.contains(name)) {
        throw FormatException.in(
            file,
            "unknown field '%s', known are %s"
                .formatted(name, known.stream().sorted().collect(Collectors.joining(", "))));
      }
    }
  }

  private Optional<JsonNode> field(String name) {
    known.add(name);
    return root.optional(name);
  }

  private Iterable<JsonNode> items(String name, String expected) throws FormatException {
    Optional<JsonNode> value = field(name);
    if (value.isPresent() && !value.get().isArray()) {
      throw fault(name, value.get(), expected);
    }
    return value.map(JsonNode::values).orElse(List.of());
  }

  private String text(String name, JsonNode value) throws FormatException {
    if (!value.isString()) {
      throw fault(name, value, "a string");
    }
    return value.stringValue();
  }

  private int number(String name, JsonNode value) throws FormatException {
    if (!value.isInt() || value.intValue() < 0) {
      throw fault(name, value, "a whole number of at least 0");
    }
    return value.intValue();
  }

  private <T> T parse(String name, String text, Function<String, T> parser) throws FormatException {
    try {
      return parser.apply(text);
    } catch (IllegalArgumentException e) {
      throw FormatException.in(file, name + ": " + e.getMessage(), e);
    }
  }

  private FormatException fault(String name, JsonNode value, String expected) {
    String found = value.isContainer() ? "a list or an object" : value.toString();
    return FormatException.in(file, name + " is " + found + ", expected " + expected);
  }
}
