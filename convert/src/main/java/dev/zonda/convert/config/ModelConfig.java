package dev.zonda.convert.config;

import dev.zonda.formats.FormatException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/// A checkpoint's config.json with the values that its model class in transformers fills in where
/// the file is silent. A null in the file is an answer, too: there is no value. Sizes that follow
/// from others are an exception.
///
/// @param fields the file; of a model with several parts, those of the text model
/// @param defaults numbers, booleans, texts and objects by field name
/// @param aliases other names that the family's files have for a field
public record ModelConfig(
    JsonFields fields, Map<String, Object> defaults, Map<String, List<String>> aliases) {
  /// GGUF stores sizes as 32-bit numbers, and arrays are indexed by them.
  private static final long MAX_SIZE = Integer.MAX_VALUE;

  /// Sizes that classes derive where the file says null.
  private static final Set<String> DERIVED = Set.of("num_key_value_heads", "head_dim");

  public ModelConfig {
    defaults = Map.copyOf(defaults);
    aliases = Map.copyOf(aliases);
  }

  /// A size, which must be there and positive.
  public int size(String field) throws FormatException {
    OptionalLong value = optionalSize(List.of(field));
    if (value.isEmpty()) {
      throw fields.problem(
          aliases.containsKey(field) ? aliases.get(field).getFirst() : field,
          "is missing, expected a positive integer");
    }
    return (int) value.getAsLong();
  }

  /// A size under the first of several names that the file or the defaults have.
  public OptionalLong optionalSize(List<String> names) throws FormatException {
    return optionalInteger(names, 1);
  }

  /// A number of things that may be zero, under the first of several names that the file or the
  /// defaults have.
  public OptionalLong optionalCount(List<String> names) throws FormatException {
    return optionalInteger(names, 0);
  }

  private OptionalLong optionalInteger(List<String> names, long least) throws FormatException {
    for (String name : names) {
      Optional<String> own = ownName(name);
      if (own.isPresent()) {
        return fields.integer(own.get(), least, MAX_SIZE);
      }
      if (ofClass(name).orElse("") instanceof Number number) {
        return OptionalLong.of(number.longValue());
      }
    }
    return OptionalLong.empty();
  }

  /// A number under the first of several names that the file or the defaults have.
  public OptionalDouble optionalReal(List<String> names) throws FormatException {
    for (String name : names) {
      Optional<String> own = ownName(name);
      if (own.isPresent()) {
        return fields.real(own.get());
      }
      if (ofClass(name).orElse("") instanceof Number number) {
        return OptionalDouble.of(number.doubleValue());
      }
    }
    return OptionalDouble.empty();
  }

  /// An object of the file or the defaults.
  public Optional<JsonFields> object(String name) throws FormatException {
    Optional<JsonFields> own = fields.object(name);
    return own.isPresent() || !(defaults.get(name) instanceof ObjectNode node)
        ? own
        : Optional.of(fields.child(name, node));
  }

  /// The value of a switch; off if neither the file nor the defaults have it.
  public boolean is(String name) throws FormatException {
    Optional<String> own = ownName(name);
    return own.isPresent()
        ? fields.bool(own.get()).orElseThrow()
        : Boolean.TRUE.equals(ofClass(name).orElse(false));
  }

  public Optional<String> text(String name) throws FormatException {
    Optional<String> own = ownName(name);
    if (own.isPresent()) {
      return fields.text(own.get());
    }
    return ofClass(name).orElse(0) instanceof String text ? Optional.of(text) : Optional.empty();
  }

  /// What the class fills in; nothing where the file says that there is no value.
  private Optional<Object> ofClass(String name) {
    boolean isDenied = !DERIVED.contains(name) && names(name).stream().anyMatch(fields::mentions);
    return isDenied ? Optional.empty() : Optional.ofNullable(defaults.get(name));
  }

  /// The name that the file has for a field, if it has the field.
  private Optional<String> ownName(String field) {
    // All are asked for, since the names after the first mean the same.
    return names(field).stream().filter(fields::has).toList().stream().findFirst();
  }

  private List<String> names(String field) {
    return Stream.concat(Stream.of(field), aliases.getOrDefault(field, List.of()).stream())
        .toList();
  }
}
