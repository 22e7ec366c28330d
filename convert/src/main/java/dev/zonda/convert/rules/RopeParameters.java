package dev.zonda.convert.rules;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.config.Notes;
import dev.zonda.formats.FormatException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// What config.json says about rotary embedding, in `rope_parameters` (transformers 5) or in
/// `rope_scaling` and `rope_theta` (before).
///
/// @param fields of the attention that sees the whole text, if there are any
/// @param sliding the same of attention with a window, where the file tells them apart
/// @param config all of the file
public record RopeParameters(
    Optional<JsonFields> fields, Optional<JsonFields> sliding, ModelConfig config) {
  private static final int MOST_SHOWN = 100;

  private static final String ORIGINAL_LENGTH = "original_max_position_embeddings";
  private static final String SCALING = "rope_scaling";
  private static final String PARAMETERS = "rope_parameters";
  private static final String FULL = "full_attention";
  private static final String SLIDING = "sliding_attention";
  private static final String THETA = "rope_theta";
  private static final String PARTS = "partial_rotary_factors";
  private static final String DEFAULT = "default";

  /// A type that says only that places in images count, which have sections.
  private static final String BY_PLACE = "mrope";

  public static RopeParameters of(ModelConfig config) throws FormatException {
    JsonNode file = config.fields().node();
    if (file.path(THETA).isArray() || file.path(PARTS).isArray()) {
      return ofLayers(config);
    }
    Optional<JsonFields> scaling = scaling(config.fields());
    Optional<JsonFields> parameters = config.object(PARAMETERS);
    Optional<JsonFields> all = scaling.or(() -> parameters);
    if (all.isPresent() && (all.get().has(FULL) || all.get().has(SLIDING))) {
      return new RopeParameters(all.get().object(FULL), all.get().object(SLIDING), config);
    }
    if (scaling.isPresent() && parameters.isPresent() && parameters.get().has(FULL)) {
      JsonFields full = parameters.get().object(FULL).orElseThrow();
      return new RopeParameters(
          Optional.of(full.with(scaling.get())), parameters.get().object(SLIDING), config);
    }
    return new RopeParameters(all, Optional.empty(), config);
  }

  /// Lists of numbers for each layer, of which all layers of a type have the same.
  private static RopeParameters ofLayers(ModelConfig config) throws FormatException {
    Optional<JsonFields> full = ofLayers(config, FULL);
    Optional<JsonFields> scaling = scaling(config.fields());
    if (full.isPresent() && scaling.isPresent()) {
      full = Optional.of(full.get().with(scaling.get()));
    }
    Optional<JsonFields> sliding = ofLayers(config, SLIDING);
    return new RopeParameters(full.isPresent() ? full : sliding, sliding, config);
  }

  private static Optional<JsonFields> ofLayers(ModelConfig config, String type)
      throws FormatException {
    JsonFields fields = config.fields();
    List<String> types = fields.texts("layer_types").orElse(List.of(FULL));
    boolean isSecond =
        type.equals(SLIDING) && !types.contains(SLIDING) && fields.node().path(THETA).size() > 1;
    int layer = isSecond ? 1 : types.indexOf(type);
    if (layer < 0) {
      return Optional.empty();
    }
    ObjectNode parameters = JsonNodeFactory.instance.objectNode();
    boolean hasBases = fields.node().path(THETA).isArray();
    if (hasBases) {
      parameters.put(THETA, ofLayer(fields, THETA, layer));
    } else {
      config.optionalReal(List.of(THETA)).ifPresent(base -> parameters.put(THETA, base));
    }
    if (fields.has(PARTS)) {
      parameters.put("partial_rotary_factor", ofLayer(fields, PARTS, layer));
    }
    return Optional.of(fields.child(PARAMETERS, parameters));
  }

  private static double ofLayer(JsonFields fields, String field, int layer) throws FormatException {
    List<Double> numbers = fields.reals(field).orElse(List.of());
    if (layer >= numbers.size()) {
      throw fields.problem(
          field, "has %d numbers, expected one for each layer".formatted(numbers.size()));
    }
    return numbers.get(layer);
  }

  private static Optional<JsonFields> scaling(JsonFields config) throws FormatException {
    return config.object(SCALING).filter(rope -> !rope.isEmpty());
  }

  /// The parameters of layers with a window: plain, if the file does not say otherwise.
  RopeParameters ofWindows() {
    return new RopeParameters(sliding, Optional.empty(), config);
  }

  /// How the embedding is stretched to longer texts; `default` if it is not.
  public String type() throws FormatException {
    if (fields.isEmpty()) {
      return DEFAULT;
    }
    Optional<String> older = fields.get().get("type").map(RopeParameters::text);
    String type = fields.get().text("rope_type").or(() -> older).orElse(DEFAULT);
    return type.equals(BY_PLACE) ? DEFAULT : type;
  }

  /// How many pairs of a head turn with the time, the height and the width of an image.
  Optional<List<Long>> sections() throws FormatException {
    return fields.isPresent() ? fields.get().integers("mrope_section") : Optional.empty();
  }

  private static String text(JsonNode node) {
    return node.isString() ? node.stringValue() : node.toString();
  }

  /// The base frequency.
  public OptionalDouble theta() throws FormatException {
    OptionalDouble own = real("rope_theta");
    return own.isPresent() ? own : config.optionalReal(List.of("rope_theta"));
  }

  /// The base frequency of layers with a sliding window, if it is a different one.
  public OptionalDouble slidingTheta() throws FormatException {
    OptionalDouble own = ofWindows().real("rope_theta");
    return own.isPresent()
        ? own
        : config.optionalReal(List.of("swa_rope_theta", "rope_local_base_freq"));
  }

  /// The text length that the model was trained for before it was stretched.
  public long originalLength() throws FormatException {
    var top = config.optionalSize(List.of(ORIGINAL_LENGTH));
    if (fields.isPresent() && fields.get().has(ORIGINAL_LENGTH) && top.isEmpty()) {
      return fields.get().integer(ORIGINAL_LENGTH, 1, Integer.MAX_VALUE).orElseThrow();
    }
    return top.isPresent() ? top.getAsLong() : config.size("max_position_embeddings");
  }

  /// The part of a head that is rotated; 1 if no field says otherwise.
  public double rotatedPart() throws FormatException {
    OptionalDouble own = real("partial_rotary_factor");
    return own.isPresent()
        ? own.getAsDouble()
        : config.optionalReal(List.of("partial_rotary_factor", "rotary_pct")).orElse(1);
  }

  public OptionalDouble real(String field) throws FormatException {
    return fields.isPresent() ? fields.get().real(field) : OptionalDouble.empty();
  }

  /// A number, or what transformers takes where the file has none.
  public double real(String field, double otherwise) throws FormatException {
    return real(field).orElse(otherwise);
  }

  /// By which factor texts are longer; where the file says null, by which factor the context is.
  public double factor() throws FormatException {
    OptionalDouble said = real("factor");
    if (said.isPresent()) {
      if (said.getAsDouble() <= 0) {
        throw problem("factor", "is %s, expected more than 0".formatted(said.getAsDouble()));
      }
      return said.getAsDouble();
    }
    return config.size("max_position_embeddings") / (double) originalLength();
  }

  public FormatException problem(String field, String problem) {
    return fields.orElse(config.fields()).problem(field, problem);
  }

  /// Says where the two schemas disagree and which is believed.
  public void note(Notes notes) throws FormatException {
    JsonFields file = config.fields();
    Optional<JsonFields> scaling = scaling(file);
    Optional<JsonFields> parameters = file.object(PARAMETERS);
    if (scaling.isPresent() && parameters.isPresent()) {
      for (Map.Entry<String, JsonNode> field : scaling.get().fields()) {
        if (!field.getKey().equals("rope_type") && !field.getKey().equals("type")) {
          parameters.get().skip(field.getKey());
          noteDifference(
              notes,
              field.getKey(),
              Map.entry(SCALING, field.getValue()),
              Map.entry(PARAMETERS, parameters.get().node().path(field.getKey())));
        }
      }
      parameters.get().skip("rope_type", "type");
      noteDifference(
          notes,
          "the type",
          Map.entry(SCALING, typeNode(scaling.get())),
          Map.entry(PARAMETERS, typeNode(parameters.get())));
    }
    if (fields.isPresent()) {
      String believed = scaling.isPresent() ? SCALING : PARAMETERS;
      JsonNode rope = fields.get().node();
      file.skip("rope_theta");
      noteDifference(
          notes,
          "rope_theta",
          Map.entry(believed, rope.path("rope_theta")),
          Map.entry("config.json", number(file.node().path(THETA))));
      noteDifference(
          notes,
          "the type",
          Map.entry(believed + ".rope_type", rope.path("rope_type")),
          Map.entry(believed + ".type", rope.path("type")));
    }
  }

  /// A list says nothing else than what was made of it.
  private static JsonNode number(JsonNode node) {
    return node.isArray() ? JsonNodeFactory.instance.nullNode() : node;
  }

  /// The type under either of its names.
  private static JsonNode typeNode(JsonFields rope) {
    return rope.has("rope_type") ? rope.node().path("rope_type") : rope.node().path("type");
  }

  /// @param one place and value that are believed
  /// @param other place and value that are not
  private static void noteDifference(
      Notes notes,
      String what,
      Map.Entry<String, JsonNode> one,
      Map.Entry<String, JsonNode> other) {
    JsonNode first = one.getValue();
    JsonNode second = other.getValue();
    boolean areSaid =
        !(first.isMissingNode() || first.isNull() || second.isMissingNode() || second.isNull());
    boolean areNumbers = first.isNumber() && second.isNumber();
    boolean isSame =
        areNumbers ? first.doubleValue() == second.doubleValue() : first.equals(second);
    if (areSaid && !isSame) {
      notes.add(
          "%s is %s in %s, but %s in %s: the first is believed"
              .formatted(what, shown(first), one.getKey(), shown(second), other.getKey()));
    }
  }

  private static String shown(JsonNode node) {
    String text = node.isNumber() ? Double.toString(node.doubleValue()) : node.toString();
    return text.length() <= MOST_SHOWN ? text : text.substring(0, MOST_SHOWN) + "…";
  }
}
