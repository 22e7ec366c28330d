package dev.zonda.convert.sources;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// Finds unknown fields of `quantization_config`, so that none is ignored silently.
final class QuantizationFields {
  private static final int MOST_NAMED = 20;
  private static final int MOST_LETTERS = 100;

  private final List<String> unknown = new ArrayList<>();

  /// Looks at one object.
  ///
  /// @param known names of fields that are read, or that say nothing of what the weights are
  void look(JsonFields fields, Set<String> known) {
    for (Map.Entry<String, JsonNode> field : fields.fields()) {
      if (!known.contains(field.getKey()) && !field.getValue().isNull()) {
        String path = fields.path(field.getKey());
        unknown.add(path.length() > MOST_LETTERS ? path.substring(0, MOST_LETTERS) + "…" : path);
      }
    }
  }

  void note(Notes notes) {
    if (unknown.isEmpty()) {
      return;
    }
    List<String> named = new ArrayList<>(unknown.subList(0, Math.min(MOST_NAMED, unknown.size())));
    if (unknown.size() > MOST_NAMED) {
      named.add("%d more".formatted(unknown.size() - MOST_NAMED));
    }
    notes.add(
        "fields that are not read, though they could change what the weights are: "
            + String.join(", ", named));
  }
}
