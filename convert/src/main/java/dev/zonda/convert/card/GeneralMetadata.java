package dev.zonda.convert.card;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.formats.CheckpointFolder;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
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
          "size_label",
          "license",
          "license.name",
          "license.link",
          "source.url",
          "source.doi",
          "source.uuid",
          "source.repo_url");

  private final Map<String, String> values = new HashMap<>();
  private final Map<String, CardValue> card;
  private final long parameters;

  private GeneralMetadata(Map<String, CardValue> card, long parameters) {
    this.card = card;
    this.parameters = parameters;
  }

  /// Writes the keys in the reference's order.
  ///
  /// @param config the folder's config.json
  /// @param count values in the tensors of the output
  public static void write(
      Metadata.Builder metadata,
      CheckpointFolder folder,
      JsonFields config,
      ParameterCount count,
      Notes notes)
      throws IOException {
    Optional<String> readme = folder.text("README.md");
    Map<String, CardValue> card =
        readme.isPresent() ? ModelCard.parse(readme.get(), notes) : Map.of();
    GeneralMetadata general = new GeneralMetadata(card, count.total());
    general.takeCard();
    general.takeConfig(config);
    general.takeId(folder.name());
    general.values.putIfAbsent("size_label", count.label());
    writeSampling(metadata, folder, notes);
    general.write(metadata);
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

  private void takeConfig(JsonFields config) throws FormatException {
    Optional<String> id = config.text("_name_or_path");
    // With more than one slash it is a path on somebody's machine.
    if (id.isPresent() && id.get().chars().filter(c -> c == '/').count() <= 1) {
      takeId(id.get());
    }
  }

  private void takeId(String id) {
    ModelId parts = ModelId.parse(id, parameters);
    values.putIfAbsent("name", ModelId.title(parts.fullName()));
    parts.organization().ifPresent(name -> values.putIfAbsent("organization", ModelId.title(name)));
    parts.baseName().ifPresent(name -> values.putIfAbsent("basename", name));
    parts.fineTune().ifPresent(name -> values.putIfAbsent("finetune", name));
    parts.version().ifPresent(version -> values.putIfAbsent("version", version));
    parts.sizeLabel().ifPresent(label -> values.putIfAbsent("size_label", label));
  }

  private static void writeSampling(
      Metadata.Builder metadata, CheckpointFolder folder, Notes notes) {
    try {
      var generation = folder.json("generation_config.json");
      if (generation.isPresent()) {
        SamplingMetadata.write(
            metadata,
            JsonFields.of(folder.path().resolve("generation_config.json"), generation.get()),
            notes);
      }
    } catch (IOException e) {
      notes.add(e.getMessage() + ": its recommendations are left out");
    }
  }

  private void write(Metadata.Builder metadata) {
    for (String key : KEYS) {
      String value = values.getOrDefault(key, "");
      if (!value.isEmpty()) {
        metadata.putText(PREFIX + key, value);
      }
    }
    Lineage.of(card, List.of("base_model", "base_models", "base_model_sources"), parameters)
        .ifPresent(models -> models.write(metadata, PREFIX + "base_model"));
    Lineage.of(card, List.of("datasets", "dataset", "dataset_sources"), parameters)
        .ifPresent(datasets -> datasets.write(metadata, PREFIX + "dataset"));
    writeArray(metadata, "tags", List.of("tags", "pipeline_tag"));
    writeArray(metadata, "languages", List.of("languages", "language"));
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
