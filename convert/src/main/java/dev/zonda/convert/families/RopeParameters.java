package dev.zonda.convert.families;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.config.Notes;
import dev.zonda.formats.FormatException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/// What config.json says about rotary embedding, in `rope_parameters` (transformers 5) or in
/// `rope_scaling` and `rope_theta` (before).
///
/// @param fields of the attention that sees the whole text, if there are any
/// @param sliding the same of attention with a window, where the file tells them apart
/// @param config all of the file
record RopeParameters(
    Optional<JsonFields> fields, Optional<JsonFields> sliding, ModelConfig config) {
  private static final List<String> SHARED =
      List.of("rope_theta", "factor", "original_max_position_embeddings");

  private static final String ORIGINAL_LENGTH = "original_max_position_embeddings";

  static RopeParameters of(ModelConfig config) throws FormatException {
    Optional<JsonFields> all = chosen(config.fields());
    if (all.isPresent()
        && (all.get().has("full_attention") || all.get().has("sliding_attention"))) {
      return new RopeParameters(
          all.get().object("full_attention"), all.get().object("sliding_attention"), config);
    }
    return new RopeParameters(all, Optional.empty(), config);
  }

  private static Optional<JsonFields> chosen(JsonFields config) throws FormatException {
    Optional<JsonFields> scaling = config.object("rope_scaling");
    return scaling.isPresent() && !scaling.get().isEmpty()
        ? scaling
        : config.object("rope_parameters");
  }

  /// How the embedding is stretched to longer texts; `default` if it is not.
  String type() throws FormatException {
    if (fields.isEmpty()) {
      return "default";
    }
    Optional<String> type = fields.get().text("rope_type");
    return type.or(() -> uncheckedType(fields.get())).orElse("default");
  }

  /// The older name of the field.
  private static Optional<String> uncheckedType(JsonFields rope) {
    return rope.get("type").map(node -> node.isString() ? node.stringValue() : node.toString());
  }

  /// The base frequency.
  OptionalDouble theta() throws FormatException {
    OptionalDouble own = fields.isPresent() ? fields.get().real("rope_theta") : none();
    return own.isPresent() ? own : config.optionalReal(List.of("rope_theta"));
  }

  /// The base frequency of layers with a sliding window, if it is another.
  OptionalDouble slidingTheta() throws FormatException {
    return sliding.isPresent()
        ? sliding.get().real("rope_theta")
        : config.optionalReal(List.of("rope_local_base_freq"));
  }

  /// The text length that the model was trained for before it was stretched.
  long originalLength() throws FormatException {
    OptionalLong top = config.fields().integer(ORIGINAL_LENGTH, 1, Integer.MAX_VALUE);
    if (top.isPresent()) {
      return top.getAsLong();
    }
    if (fields.isPresent() && fields.get().has(ORIGINAL_LENGTH)) {
      return fields.get().integer(ORIGINAL_LENGTH, 1, Integer.MAX_VALUE).getAsLong();
    }
    OptionalLong otherwise = config.optionalSize(List.of(ORIGINAL_LENGTH));
    return otherwise.isPresent() ? otherwise.getAsLong() : config.size("max_position_embeddings");
  }

  /// The part of a head that is rotated, 1 if nothing else is said.
  double rotatedPart() throws FormatException {
    OptionalDouble own = fields.isPresent() ? fields.get().real("partial_rotary_factor") : none();
    return own.isPresent()
        ? own.getAsDouble()
        : config.optionalReal(List.of("partial_rotary_factor", "rotary_pct")).orElse(1);
  }

  /// A number, or what transformers takes where the file has none.
  double real(String field, double otherwise) throws FormatException {
    return fields.isPresent() ? fields.get().real(field).orElse(otherwise) : otherwise;
  }

  /// Says where the two schemas disagree, and which is believed.
  void noteContradictions(Notes notes) throws FormatException {
    JsonFields file = config.fields();
    Optional<JsonFields> scaling = file.object("rope_scaling").filter(rope -> !rope.isEmpty());
    Optional<JsonFields> parameters = file.object("rope_parameters");
    if (scaling.isPresent() && parameters.isPresent()) {
      for (String field : SHARED) {
        noteDifference(
            notes, "rope_scaling", scaling.get(), "rope_parameters", parameters.get(), field);
      }
    }
    if (fields.isPresent()) {
      String believed = scaling.isPresent() ? "rope_scaling" : "rope_parameters";
      noteDifference(notes, believed, fields.get(), "config.json", file, "rope_theta");
    }
  }

  private static void noteDifference(
      Notes notes,
      String name,
      JsonFields believed,
      String otherName,
      JsonFields other,
      String field)
      throws FormatException {
    OptionalDouble first = believed.real(field);
    OptionalDouble second = other.real(field);
    if (first.isPresent() && second.isPresent() && first.getAsDouble() != second.getAsDouble()) {
      notes.add(
          "%s is %s in %s, but %s in %s: the first is believed"
              .formatted(field, first.getAsDouble(), name, second.getAsDouble(), otherName));
    }
  }

  private static OptionalDouble none() {
    return OptionalDouble.empty();
  }
}
