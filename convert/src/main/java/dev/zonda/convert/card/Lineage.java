package dev.zonda.convert.card;

import dev.zonda.formats.Metadata;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The models that a model was made from, or the data sets that it was trained on.
///
/// @param entries what is known of each, by GGUF's field names
record Lineage(List<Map<String, String>> entries) {
  /// Fields of an entry, in the order in which they are written.
  private static final List<String> FIELDS =
      List.of(
          "name",
          "author",
          "version",
          "organization",
          "description",
          "url",
          "doi",
          "uuid",
          "repo_url");

  private static final Pattern URL = Pattern.compile("(http|https|ssh)://.*", Pattern.DOTALL);
  private static final Pattern HUB_URL = Pattern.compile("https?://huggingface.co/([^/]+/[^/]+)");

  /// What a card says under the first of these names that it has; empty if it has none.
  static Optional<Lineage> of(Map<String, CardValue> card, List<String> names, long parameters) {
    Optional<String> name = names.stream().filter(card::containsKey).findFirst();
    if (name.isEmpty()) {
      return Optional.empty();
    }
    List<Map<String, String>> entries = new ArrayList<>();
    for (CardValue item : card.get(name.get()).items()) {
      entries.add(
          switch (item) {
            case CardValue.Text(String text) -> entry(text, parameters);
            case CardValue.Fields(Map<String, String> values) -> values;
            case CardValue.Items items -> Map.of();
            case CardValue.Nothing nothing -> Map.of();
          });
    }
    return Optional.of(new Lineage(entries));
  }

  /// @param prefix for example `general.base_model`
  void write(Metadata.Builder metadata, String prefix) {
    metadata.putUint32(prefix + ".count", entries.size());
    for (int i = 0; i < entries.size(); i++) {
      for (String field : FIELDS) {
        String value = entries.get(i).getOrDefault(field, "");
        if (!value.isEmpty()) {
          metadata.putText(prefix + "." + i + "." + field, value);
        }
      }
    }
  }

  private static Map<String, String> entry(String id, long parameters) {
    if (!URL.matcher(id).matches()) {
      return hubEntry(id, parameters);
    }
    Matcher hub = HUB_URL.matcher(id);
    Map<String, String> entry =
        hub.matches() ? hubEntry(hub.group(1), parameters) : new HashMap<>();
    entry.put("repo_url", id);
    return entry;
  }

  private static Map<String, String> hubEntry(String id, long parameters) {
    ModelId parts = ModelId.parse(id, parameters);
    Map<String, String> entry = new HashMap<>();
    entry.put("name", ModelId.title(parts.fullName()));
    parts.version().ifPresent(version -> entry.put("version", version));
    parts
        .organization()
        .ifPresent(organization -> {
          entry.put("organization", ModelId.title(organization));
          entry.put("repo_url", "https://huggingface.co/" + organization + "/" + parts.fullName());
        });
    return entry;
  }
}
