package dev.zonda.convert.card;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.checkpoint.CheckpointFolder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// Writes the `general.*` keys that say what a model is called, whose it is and where it comes
/// from.
///
/// The model card (README.md) counts first, then `_name_or_path` of config.json, then the folder's
/// name; the size label comes from the number of parameters if none of them names one.
public final class GeneralMetadata {
  private static final String PREFIX = "general.";
  private static final String GENERATION = "generation_config.json";

  /// @param key of GGUF, after `general.`
  /// @param cardField whose value it gets, if an earlier rule gave it none
  private record CardRule(String key, String cardField) {}

  private static final List<CardRule> CARD_RULES =
      List.of(
          new CardRule("name", "name"),
          new CardRule("author", "author"),
          new CardRule("version", "version"),
          new CardRule("organization", "organization"),
          new CardRule("description", "description"),
          new CardRule("finetune", "finetune"),
          new CardRule("basename", "basename"),
          new CardRule("size_label", "size_label"),
          new CardRule("source.url", "url"),
          new CardRule("source.doi", "doi"),
          new CardRule("source.uuid", "uuid"),
          new CardRule("source.repo_url", "repo_url"),
          new CardRule("name", "model_name"),
          new CardRule("author", "model_author"),
          new CardRule("version", "model_version"),
          new CardRule("organization", "model_organization"),
          new CardRule("description", "model_description"),
          new CardRule("finetune", "model_finetune"),
          new CardRule("basename", "model_basename"),
          new CardRule("size_label", "model_size_label"),
          new CardRule("source.url", "model_url"),
          new CardRule("source.doi", "model_doi"),
          new CardRule("source.uuid", "model_uuid"),
          new CardRule("source.repo_url", "model_repo_url"),
          new CardRule("author", "model_creator"),
          new CardRule("basename", "model_type"),
          new CardRule("license", "license"),
          new CardRule("license.name", "license_name"),
          new CardRule("license.link", "license_link"));

  /// The order in the file.
  private static final List<String> KEYS =
      List.of(
          "name",
          "author",
          "version",
          "organization",
          "finetune",
          "basename",
          "description",
          "quantized_by",
          "size_label",
          "license",
          "license.name",
          "license.link",
          "url",
          "doi",
          "uuid",
          "repo_url",
          "source.url",
          "source.doi",
          "source.uuid",
          "source.repo_url");

  /// The keys that are lists in a file of overrides, with the fields of a card that stand for each.
  private static final Map<String, List<String>> LISTS =
      Map.of(
          "general.base_models", List.of("base_model", "base_models", "base_model_sources"),
          "general.datasets", List.of("datasets", "dataset", "dataset_sources"),
          "general.tags", List.of("tags", "pipeline_tag"),
          "general.languages", List.of("languages", "language"));

  private final Map<String, String> values = new HashMap<>();
  private final Map<String, CardValue> card = new HashMap<>();
  private final CheckpointFolder folder;
  private final String id;
  private final JsonFields config;
  private final ParameterCount count;
  private final GeneralOverrides overrides;

  /// @param id what the model is called according to the place where it lies
  /// @param config the folder's config.json
  /// @param count values in the tensors of the output
  public GeneralMetadata(
      CheckpointFolder folder,
      String id,
      JsonFields config,
      ParameterCount count,
      GeneralOverrides overrides) {
    this.folder = folder;
    this.id = id;
    this.config = config;
    this.count = count;
    this.overrides = overrides;
  }

  /// Whether a user may set a key.
  static boolean isKnown(String key) {
    return LISTS.containsKey(key)
        || SamplingMetadata.isKnown(key)
        || (key.startsWith(PREFIX) && KEYS.contains(key.substring(PREFIX.length())));
  }

  /// Writes the keys in llama.cpp's order.
  public void write(Metadata.Builder metadata, Notes notes) throws IOException {
    Optional<String> readme = folder.text("README.md");
    if (readme.isPresent()) {
      card.putAll(ModelCard.parse(readme.get(), notes));
    }
    takeCard();
    takeConfig();
    takeId(id);
    takeOverrides();
    values.putIfAbsent("name", id);
    values.putIfAbsent("size_label", count.label());
    writeSampling(metadata, notes);
    write(metadata);
  }

  private void takeCard() {
    for (CardRule rule : CARD_RULES) {
      CardValue value = card.getOrDefault(rule.cardField(), ModelCard.NOTHING);
      if (value instanceof CardValue.Text || value instanceof CardValue.Items) {
        values.putIfAbsent(
            rule.key(),
            value.items().stream()
                .flatMap(item -> item.text().stream())
                .collect(Collectors.joining(",")));
      }
    }
  }

  private void takeOverrides() throws FormatException {
    for (String key : KEYS) {
      if (overrides.has(PREFIX + key)) {
        values.remove(key);
        overrides.text(PREFIX + key).ifPresent(text -> values.put(key, text));
      }
    }
    for (Map.Entry<String, List<String>> list : LISTS.entrySet()) {
      if (overrides.has(list.getKey())) {
        list.getValue().forEach(card::remove);
        CardValue value = overrides.card(list.getKey());
        if (value instanceof CardValue.Items) {
          card.put(list.getValue().getFirst(), value);
        }
      }
    }
    overrides.name().ifPresent(name -> values.put("name", name));
  }

  private void takeConfig() throws FormatException {
    Optional<String> id = config.text("_name_or_path");
    // With more than one slash it is a path on some machine.
    if (id.isPresent() && id.get().chars().filter(c -> c == '/').count() <= 1) {
      takeId(id.get());
    }
  }

  private void takeId(String id) {
    ModelId parts = ModelId.parse(id, count.total());
    values.putIfAbsent("name", ModelId.title(parts.fullName()));
    parts.organization().ifPresent(name -> values.putIfAbsent("organization", ModelId.title(name)));
    parts.baseName().ifPresent(name -> values.putIfAbsent("basename", name));
    parts.fineTune().ifPresent(name -> values.putIfAbsent("finetune", name));
    parts.version().ifPresent(version -> values.putIfAbsent("version", version));
    parts.sizeLabel().ifPresent(label -> values.putIfAbsent("size_label", label));
  }

  private void writeSampling(Metadata.Builder metadata, Notes notes) throws FormatException {
    Optional<JsonFields> generation = Optional.empty();
    try {
      var json = folder.json(GENERATION);
      if (json.isPresent()) {
        generation = Optional.of(JsonFields.of(folder.path().resolve(GENERATION), json.get()));
      }
    } catch (IOException e) {
      notes.add(e.getMessage() + ": its recommendations are left out");
    }
    SamplingMetadata.write(metadata, generation, overrides, notes);
  }

  private void write(Metadata.Builder metadata) {
    for (String key : KEYS) {
      String value = values.getOrDefault(key, "");
      if (!value.isEmpty()) {
        metadata.putText(PREFIX + key, value);
      }
    }
    Lineage.of(card, LISTS.get("general.base_models"), count.total())
        .ifPresent(models -> models.write(metadata, PREFIX + "base_model"));
    Lineage.of(card, LISTS.get("general.datasets"), count.total())
        .ifPresent(datasets -> datasets.write(metadata, PREFIX + "dataset"));
    writeArray(metadata, "tags", LISTS.get("general.tags"));
    writeArray(metadata, "languages", LISTS.get("general.languages"));
  }

  private void writeArray(Metadata.Builder metadata, String key, List<String> cardFields) {
    List<String> texts = new ArrayList<>();
    for (String field : cardFields) {
      card.getOrDefault(field, ModelCard.NOTHING).items().stream()
          .flatMap(item -> item.text().stream())
          .forEach(texts::add);
    }
    if (!texts.isEmpty()) {
      metadata.put(PREFIX + key, MetadataValue.Array.ofStrings(texts));
    }
  }
}
