package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.formats.CheckpointFolder;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;
import tools.jackson.databind.JsonNode;

/// The chat templates of a checkpoint: the default one and others by name. They come from
/// tokenizer_config.json, else from `chat_template.jinja` with `additional_chat_templates/`, else
/// from `chat_template.json`.
final class ChatTemplates {
  private static final String DEFAULT = "default";
  private static final String JINJA = "chat_template.jinja";
  private static final String ADDITIONAL = "additional_chat_templates";

  private final SequencedMap<String, String> templates = new LinkedHashMap<>();

  static ChatTemplates of(CheckpointFolder folder, JsonFields tokenizerConfig, Notes notes)
      throws IOException {
    ChatTemplates templates = new ChatTemplates();
    JsonNode own = tokenizerConfig.node().get("chat_template");
    if (own != null) {
      templates.readNode(own, notes);
    } else if (folder.has(JINJA)) {
      templates.readFiles(folder);
    } else if (folder.has("chat_template.json")) {
      templates.readNode(
          folder.json("chat_template.json").orElseThrow().path("chat_template"), notes);
    }
    return templates;
  }

  void write(Metadata.Builder metadata) {
    SequencedMap<String, String> others = new LinkedHashMap<>();
    templates.forEach((name, template) -> {
      String plain = name.replaceAll("[^A-Za-z0-9]", "_");
      if (!name.equals(DEFAULT)) {
        others.put(plain, template);
      }
    });
    others.forEach((name, template) -> {
      if (!template.isEmpty()) {
        metadata.putText(TokenizerKeys.CHAT_TEMPLATE + "." + name, template);
      }
    });
    if (!others.isEmpty()) {
      metadata.put(
          TokenizerKeys.CHAT_TEMPLATES,
          MetadataValue.Array.ofStrings(others.sequencedKeySet().stream().toList()));
    }
    Optional.ofNullable(templates.get(DEFAULT))
        .filter(template -> !template.isEmpty())
        .ifPresent(template -> metadata.putText(TokenizerKeys.CHAT_TEMPLATE, template));
  }

  private void readNode(JsonNode node, Notes notes) {
    if (node.isString()) {
      templates.put(DEFAULT, node.stringValue());
    } else if (node.isArray()) {
      for (JsonNode choice : node) {
        JsonNode name = choice.path("name");
        JsonNode template = choice.path("template");
        if (name.isString() && !name.stringValue().isEmpty() && template.isString()) {
          templates.put(name.stringValue(), template.stringValue());
        }
      }
    } else if (!node.isNull() && !node.isMissingNode()) {
      notes.add("chat_template is neither a string nor an array: left out");
    }
  }

  private void readFiles(CheckpointFolder folder) throws IOException {
    templates.put(DEFAULT, folder.text(JINJA).orElseThrow());
    for (String name : folder.list(ADDITIONAL)) {
      if (name.endsWith(".jinja")) {
        String stem = name.substring(0, name.length() - ".jinja".length());
        templates.put(stem, folder.text(ADDITIONAL + "/" + name).orElseThrow());
      }
    }
  }
}
