package dev.zonda.convert.config;

import dev.zonda.formats.FormatException;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/// A checkpoint's config.json with the values that its model class in transformers fills in where
/// the file is silent.
///
/// @param fields the file
/// @param defaults integers and fractions by field name
public record ModelConfig(JsonFields fields, Map<String, Number> defaults) {
  /// GGUF stores sizes as 32-bit numbers, and arrays are indexed by them.
  private static final long MAX_SIZE = Integer.MAX_VALUE;

  public ModelConfig {
    defaults = Map.copyOf(defaults);
  }

  /// A size: positive, and there.
  public int size(String field) throws FormatException {
    OptionalLong value = optionalSize(List.of(field));
    if (value.isEmpty()) {
      throw fields.problem(field, "is missing, expected a positive integer");
    }
    return (int) value.getAsLong();
  }

  /// A size under the first of several names that the file or the defaults have.
  public OptionalLong optionalSize(List<String> names) throws FormatException {
    for (String name : names) {
      if (fields.has(name)) {
        return fields.integer(name, 1, MAX_SIZE);
      }
      if (defaults.containsKey(name)) {
        return OptionalLong.of(defaults.get(name).longValue());
      }
    }
    return OptionalLong.empty();
  }

  /// A number under the first of several names that the file or the defaults have.
  public OptionalDouble optionalReal(List<String> names) throws FormatException {
    for (String name : names) {
      if (fields.has(name)) {
        return fields.real(name);
      }
      if (defaults.containsKey(name)) {
        return OptionalDouble.of(defaults.get(name).doubleValue());
      }
    }
    return OptionalDouble.empty();
  }
}
