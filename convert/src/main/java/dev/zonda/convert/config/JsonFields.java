package dev.zonda.convert.config;

import dev.zonda.formats.FormatException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// An object in a JSON file, read field by field. A field that is missing or null is empty; one of
/// another type than asked for is a [FormatException] that names file and field.
public final class JsonFields {
  private final Path file;
  private final String place;
  private final JsonNode node;

  private JsonFields(Path file, String place, JsonNode node) {
    this.file = file;
    this.place = place;
    this.node = node;
  }

  /// The object at the top of a file.
  public static JsonFields of(Path file, JsonNode root) throws FormatException {
    if (!root.isObject()) {
      throw FormatException.in(file, "holds " + kind(root) + ", expected a JSON object");
    }
    return new JsonFields(file, "", root);
  }

  public Path file() {
    return file;
  }

  public JsonNode node() {
    return node;
  }

  /// Whether there is no field at all.
  public boolean isEmpty() {
    return node.isEmpty();
  }

  public boolean has(String name) {
    return get(name).isPresent();
  }

  public Optional<JsonNode> get(String name) {
    JsonNode value = node.get(name);
    return value == null || value.isNull() ? Optional.empty() : Optional.of(value);
  }

  public Optional<String> text(String name) throws FormatException {
    Optional<JsonNode> value = get(name);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    if (!value.get().isString()) {
      throw unexpected(name, value.get(), "a string");
    }
    return Optional.of(value.get().stringValue());
  }

  public Optional<Boolean> bool(String name) throws FormatException {
    Optional<JsonNode> value = get(name);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    if (!value.get().isBoolean()) {
      throw unexpected(name, value.get(), "true or false");
    }
    return Optional.of(value.get().booleanValue());
  }

  public OptionalLong integer(String name) throws FormatException {
    Optional<JsonNode> value = get(name);
    if (value.isEmpty()) {
      return OptionalLong.empty();
    }
    if (!value.get().isIntegralNumber() || !value.get().canConvertToLong()) {
      throw unexpected(name, value.get(), "an integer");
    }
    return OptionalLong.of(value.get().longValue());
  }

  /// An integer that must lie in a range.
  public OptionalLong integer(String name, long low, long high) throws FormatException {
    OptionalLong value = integer(name);
    if (value.isPresent() && (value.getAsLong() < low || value.getAsLong() > high)) {
      throw problem(name, "is " + value.getAsLong() + ", expected " + low + " to " + high);
    }
    return value;
  }

  /// A number, with or without fraction, that fits in a single-precision float.
  public OptionalDouble real(String name) throws FormatException {
    Optional<JsonNode> value = get(name);
    if (value.isEmpty()) {
      return OptionalDouble.empty();
    }
    if (!value.get().isNumber() || !Float.isFinite((float) value.get().doubleValue())) {
      throw unexpected(name, value.get(), "a number in the range of a float");
    }
    return OptionalDouble.of(value.get().doubleValue());
  }

  public Optional<JsonFields> object(String name) throws FormatException {
    Optional<JsonNode> value = get(name);
    return value.isPresent() ? Optional.of(child(name, value.get())) : Optional.empty();
  }

  /// The elements of an array of objects.
  public List<JsonFields> objects(String name) throws FormatException {
    Optional<JsonNode> value = get(name);
    if (value.isEmpty()) {
      return List.of();
    }
    if (!value.get().isArray()) {
      throw unexpected(name, value.get(), "an array");
    }
    List<JsonFields> objects = new ArrayList<>();
    for (JsonNode element : value.get()) {
      objects.add(child(name + "[" + objects.size() + "]", element));
    }
    return objects;
  }

  /// All fields in file order.
  public Iterable<Map.Entry<String, JsonNode>> fields() {
    return node.properties();
  }

  /// An object below this one that was found by other means.
  public JsonFields child(String name, JsonNode value) throws FormatException {
    if (!value.isObject()) {
      throw unexpected(name, value, "an object");
    }
    return new JsonFields(file, place + name + ".", value);
  }

  /// These fields and, in their place or behind them, those of an object below.
  public JsonFields with(String name) throws FormatException {
    Optional<JsonFields> inner = object(name);
    if (inner.isEmpty()) {
      return this;
    }
    ObjectNode merged = JsonNodeFactory.instance.objectNode();
    node.properties().forEach(field -> merged.set(field.getKey(), field.getValue()));
    inner.get().fields().forEach(field -> merged.set(field.getKey(), field.getValue()));
    return new JsonFields(file, place, merged);
  }

  /// The name of a field with those of the objects around it.
  public String path(String name) {
    return place + name;
  }

  public FormatException problem(String name, String problem) {
    return FormatException.in(file, path(name) + " " + problem);
  }

  private FormatException unexpected(String name, JsonNode value, String expected) {
    return problem(name, "is " + kind(value) + ", expected " + expected);
  }

  private static String kind(JsonNode value) {
    if (value.isContainer()) {
      return value.isArray() ? "an array" : "an object";
    }
    String text = value.toString();
    return text.length() <= 40 ? text : text.substring(0, 40) + "…";
  }
}
