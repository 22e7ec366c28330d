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
/// another type than asked for is a [FormatException] that names file and field. What was asked for
/// is remembered, so that [#others] can name the rest.
public final class JsonFields {
  private final Path file;
  private final String place;
  private final JsonNode node;
  private final List<JsonNode> origins;
  private final FieldsRead read;

  /// @param origins the objects of the file that the fields stand in
  private JsonFields(
      Path file, String place, JsonNode node, List<JsonNode> origins, FieldsRead read) {
    this.file = file;
    this.place = place;
    this.node = node;
    this.origins = origins;
    this.read = read;
  }

  /// The object at the top of a file.
  public static JsonFields of(Path file, JsonNode root) throws FormatException {
    if (!root.isObject()) {
      throw FormatException.in(file, "holds " + kind(root) + ", expected a JSON object");
    }
    return new JsonFields(file, "", root, List.of(root), new FieldsRead(root));
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

  /// Whether a field is there, even as null.
  public boolean mentions(String name) {
    ask(name);
    return node.has(name);
  }

  public Optional<JsonNode> get(String name) {
    ask(name);
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

  /// The elements of an array of texts; empty if there is none.
  public Optional<List<String>> texts(String name) throws FormatException {
    Optional<JsonNode> value = get(name);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    if (!value.get().isArray() || !value.get().valueStream().allMatch(JsonNode::isString)) {
      throw unexpected(name, value.get(), "an array of strings");
    }
    return Optional.of(value.get().valueStream().map(JsonNode::stringValue).toList());
  }

  /// The elements of an array of numbers; empty if there is none.
  public Optional<List<Double>> reals(String name) throws FormatException {
    Optional<JsonNode> value = get(name);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    boolean areFloats =
        value.get().isArray()
            && value
                .get()
                .valueStream()
                .allMatch(n -> n.isNumber() && Float.isFinite((float) n.doubleValue()));
    if (!areFloats) {
      throw unexpected(name, value.get(), "an array of numbers in the range of a float");
    }
    return Optional.of(value.get().valueStream().map(JsonNode::doubleValue).toList());
  }

  /// The elements of an array of integers; empty if there is none.
  public Optional<List<Long>> integers(String name) throws FormatException {
    Optional<JsonNode> value = get(name);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    boolean areLongs =
        value.get().isArray()
            && value
                .get()
                .valueStream()
                .allMatch(n -> n.isIntegralNumber() && n.canConvertToLong());
    if (!areLongs) {
      throw unexpected(name, value.get(), "an array of integers");
    }
    return Optional.of(value.get().valueStream().map(JsonNode::longValue).toList());
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
    read.open(value);
    return new JsonFields(file, place + name + ".", value, List.of(value), read);
  }

  /// These fields and those of an object below, which replace fields of the same name or follow the
  /// others.
  public JsonFields with(String name) throws FormatException {
    Optional<JsonFields> inner = object(name);
    return inner.isPresent() ? with(inner.get()) : this;
  }

  /// These fields and those of another object of the file, which replace fields of the same name or
  /// follow the others.
  public JsonFields with(JsonFields others) {
    ObjectNode merged = JsonNodeFactory.instance.objectNode();
    node.properties().forEach(field -> merged.set(field.getKey(), field.getValue()));
    others.fields().forEach(field -> merged.set(field.getKey(), field.getValue()));
    List<JsonNode> both = new ArrayList<>(origins);
    both.addAll(others.origins);
    return new JsonFields(file, place, merged, List.copyOf(both), read);
  }

  /// Counts fields as read, including those below them: other code reads them, or none needs to.
  public void skip(String... names) {
    for (String name : names) {
      ask(name);
    }
  }

  /// The paths of the file's fields that were never asked for and that are not null, in its order.
  public List<String> others() {
    return read.others();
  }

  private void ask(String name) {
    for (JsonNode origin : origins) {
      read.ask(origin, name);
    }
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
