package dev.zonda.convert.config;

import dev.zonda.formats.FormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/// A checkpoint's config.json with the values that its model class in transformers fills in where
/// the file is silent.
///
/// @param fields the file; of a model with several parts, those of the text model
/// @param defaults numbers, truth values and texts by field name
/// @param aliases other names that the family's files have for a field
public record ModelConfig(
    JsonFields fields, Map<String, Object> defaults, Map<String, List<String>> aliases) {
  /// GGUF stores sizes as 32-bit numbers, and arrays are indexed by them.
  private static final long MAX_SIZE = Integer.MAX_VALUE;

  public ModelConfig {
    defaults = Map.copyOf(defaults);
    aliases = Map.copyOf(aliases);
  }

  /// A size: positive, and there.
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

  /// A number of things that may be none, under the first of several names that the file or the
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
      if (defaults.get(name) instanceof Number number) {
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
      if (defaults.get(name) instanceof Number number) {
        return OptionalDouble.of(number.doubleValue());
      }
    }
    return OptionalDouble.empty();
  }

  /// Whether something is so; not, if neither file nor defaults know.
  public boolean is(String name) throws FormatException {
    Optional<Boolean> said = fields.bool(name);
    return said.isPresent() ? said.get() : Boolean.TRUE.equals(defaults.get(name));
  }

  public Optional<String> text(String name) throws FormatException {
    Optional<String> said = fields.text(name);
    return said.isPresent() || !(defaults.get(name) instanceof String text)
        ? said
        : Optional.of(text);
  }

  /// The name that the file has for a field, if it has the field.
  private Optional<String> ownName(String field) {
    List<String> names = new ArrayList<>(List.of(field));
    names.addAll(aliases.getOrDefault(field, List.of()));
    return names.stream().filter(fields::has).findFirst();
  }
}
