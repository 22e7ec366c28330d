package dev.zonda.convert.card;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.util.List;
import java.util.Optional;

/// The sampling that a model's maker recommends: `general.sampling.*`, from generation_config.json.
final class SamplingMetadata {
  private static final String PREFIX = "general.sampling.";

  /// @param fields of the file: the first that is present counts
  private record Rule(String key, Kind kind, List<String> fields) {}

  private enum Kind {
    TEXT,
    INTEGER,
    REAL
  }

  private static final List<Rule> RULES =
      List.of(
          new Rule("sequence", Kind.TEXT, List.of("sequence")),
          new Rule("top_k", Kind.INTEGER, List.of("top_k")),
          new Rule("top_p", Kind.REAL, List.of("top_p")),
          new Rule("min_p", Kind.REAL, List.of("min_p")),
          new Rule("xtc_probability", Kind.REAL, List.of("xtc_probability")),
          new Rule("xtc_threshold", Kind.REAL, List.of("xtc_threshold")),
          new Rule("temp", Kind.REAL, List.of("temperature")),
          new Rule("penalty_last_n", Kind.INTEGER, List.of("penalty_last_n")),
          new Rule("penalty_repeat", Kind.REAL, List.of("penalty_repeat", "repetition_penalty")),
          new Rule("mirostat", Kind.INTEGER, List.of("mirostat")),
          new Rule("mirostat_tau", Kind.REAL, List.of("mirostat_tau")),
          new Rule("mirostat_eta", Kind.REAL, List.of("mirostat_eta")));

  private SamplingMetadata() {}

  /// Whether a key is one of these.
  static boolean isKnown(String key) {
    return RULES.stream().anyMatch(rule -> key.equals(PREFIX + rule.key()));
  }

  /// Writes what is there. A value of a wrong type is left out with a note: it does not concern the
  /// model itself.
  ///
  /// @param generation the folder's generation_config.json, if it has one
  /// @throws FormatException if an override is of a wrong type
  static void write(
      Metadata.Builder metadata,
      Optional<JsonFields> generation,
      GeneralOverrides overrides,
      Notes notes)
      throws FormatException {
    for (Rule rule : RULES) {
      String key = PREFIX + rule.key();
      if (overrides.has(key)) {
        write(metadata, rule, key, overrides.fields().orElseThrow());
      } else if (generation.isPresent()) {
        try {
          write(metadata, rule, field(rule, generation.get()), generation.get());
        } catch (FormatException e) {
          notes.add(e.getMessage() + ": it is left out");
        }
      }
    }
  }

  private static String field(Rule rule, JsonFields generation) {
    return rule.fields().stream()
        .filter(generation.node()::has)
        .findFirst()
        .orElse(rule.fields().getFirst());
  }

  private static void write(
      Metadata.Builder metadata, Rule rule, String field, JsonFields generation)
      throws FormatException {
    String key = PREFIX + rule.key();
    switch (rule.kind()) {
      case TEXT ->
          generation
              .text(field)
              .filter(text -> !text.isEmpty())
              .ifPresent(text -> metadata.putText(key, text));
      case INTEGER ->
          generation
              .integer(field, Integer.MIN_VALUE, Integer.MAX_VALUE)
              .ifPresent(value -> metadata.put(key, new MetadataValue.Int32((int) value)));
      case REAL ->
          generation.real(field).ifPresent(value -> metadata.putFloat32(key, (float) value));
    }
  }
}
