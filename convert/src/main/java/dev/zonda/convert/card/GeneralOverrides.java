package dev.zonda.convert.card;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.formats.FormatException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What a user says about a model's name and origin, which counts more than the folder's files.
///
/// @param fields keys of GGUF with their values, as llama.cpp's converter takes them:
///   `general.author` for example, or `general.base_models`, a list of objects; null leaves a key
///   out
/// @param name of the model, which counts most
public record GeneralOverrides(Optional<JsonFields> fields, Optional<String> name) {
  /// No overrides.
  public static final GeneralOverrides NONE =
      new GeneralOverrides(Optional.empty(), Optional.empty());

  private static final int MOST_DEPTH = 8;
  private static final long MOST_TOKENS = 10_000;

  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MOST_DEPTH)
                          .maxTokenCount(MOST_TOKENS)
                          .build())
                  .build())
          .build();

  /// Reads a JSON object.
  ///
  /// @param file where the text is from, for messages
  /// @param name of the model, if it is given separately
  /// @throws FormatException if it is not an object, or has a key that is not known
  public static GeneralOverrides parse(Path file, String text, Optional<String> name)
      throws FormatException {
    try {
      return of(JsonFields.of(file, JSON.readTree(text)), name);
    } catch (JacksonException e) {
      throw FormatException.in(file, "broken JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static GeneralOverrides of(JsonFields fields, Optional<String> name)
      throws FormatException {
    for (Map.Entry<String, JsonNode> field : fields.fields()) {
      if (!GeneralMetadata.isKnown(field.getKey())) {
        throw fields.problem(
            "'" + field.getKey() + "'",
            "is not a key that can be set here; general.name is one, for example");
      }
    }
    return new GeneralOverrides(Optional.of(fields), name);
  }

  /// Whether the overrides mention a key, even if only to leave it out.
  boolean has(String key) {
    return fields.isPresent() && fields.get().node().has(key);
  }

  /// The text of a key; empty if it is to be left out.
  Optional<String> text(String key) throws FormatException {
    return fields.orElseThrow().text(key);
  }

  /// The value of a key as a model card would have it: a list of texts or of objects.
  CardValue card(String key) throws FormatException {
    Optional<JsonNode> value = fields.orElseThrow().get(key);
    if (value.isEmpty()) {
      return ModelCard.NOTHING;
    }
    if (!value.get().isArray()) {
      throw fields
          .orElseThrow()
          .problem(key, "is not a list, expected an array of strings or objects");
    }
    List<CardValue> items = new ArrayList<>();
    for (JsonNode item : value.get()) {
      String place = key + "[" + items.size() + "]";
      items.add(
          item.isString()
              ? new CardValue.Text(item.stringValue())
              : entry(fields.orElseThrow().child(place, item)));
    }
    return new CardValue.Items(items);
  }

  private static CardValue entry(JsonFields fields) throws FormatException {
    Map<String, String> texts = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : fields.fields()) {
      fields.text(field.getKey()).ifPresent(text -> texts.put(field.getKey(), text));
    }
    return new CardValue.Fields(texts);
  }
}
