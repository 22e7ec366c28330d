package dev.zonda.convert.tokenizers.files;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.checkpoint.CheckpointFolder;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/// The chat templates of a checkpoint: the default one and others by name.
///
/// They come from `chat_template.jinja` with `additional_chat_templates/`, else from
/// tokenizer_config.json, else from `chat_template.json`. With llama.cpp's converter,
/// tokenizer_config.json comes first, and nothing counts without it.
public final class ChatTemplates {
  private static final String DEFAULT = "default";
  private static final String JINJA = "chat_template.jinja";
  private static final String JSON = "chat_template.json";
  private static final String FIELD = "chat_template";
  private static final String ADDITIONAL = "additional_chat_templates";

  private final SequencedMap<String, Template> templates;

  /// @param file where it was found
  private record Template(String text, String file) {}

  private ChatTemplates(SequencedMap<String, Template> templates) {
    this.templates = templates;
  }

  public static ChatTemplates of(TokenizerFiles files, Fidelity fidelity, Notes notes)
      throws IOException {
    boolean corrects = fidelity == Fidelity.CORRECTED;
    SequencedMap<String, Template> reference = asReference(files, corrects ? new Notes() : notes);
    if (!corrects) {
      return new ChatTemplates(reference);
    }
    SequencedMap<String, Template> believed = configured(files, notes);
    named(files).ifPresent(believed::putAll);
    SequencedMap<String, Template> inFiles = inFiles(files.folder());
    if (inFiles.containsKey(DEFAULT)) {
      believed.clear();
    }
    believed.putAll(inFiles);
    if (believed.isEmpty()) {
      believed.putAll(inProcessor(files.folder(), notes));
    }
    if (!texts(believed).equals(texts(reference))) {
      notes.add(
          ("chat %s written, as transformers reads %s; llama.cpp's converter writes %s "
                  + "(--as-reference)")
              .formatted(
                  believed.size() == 1
                      ? "template " + described(believed) + " is"
                      : "templates " + described(believed) + " are",
                  believed.size() == 1 ? "it" : "them",
                  described(reference)));
    }
    return new ChatTemplates(believed);
  }

  /// Whether the folder has none.
  public boolean isEmpty() {
    return templates.isEmpty();
  }

  public void write(Metadata.Builder metadata) {
    SequencedMap<String, String> others = new LinkedHashMap<>();
    templates.forEach((name, template) -> {
      String plain = name.replaceAll("[^A-Za-z0-9]", "_");
      if (!name.equals(DEFAULT)) {
        others.put(plain, template.text());
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
        .map(Template::text)
        .filter(template -> !template.isEmpty())
        .ifPresent(template -> metadata.putText(TokenizerKeys.CHAT_TEMPLATE, template));
  }

  /// A template as Python reads a text file: line ends are one character.
  public static Optional<String> text(CheckpointFolder folder, String name) throws IOException {
    return folder.text(name).map(text -> text.replace("\r\n", "\n").replace('\r', '\n'));
  }

  private static SequencedMap<String, Template> asReference(TokenizerFiles files, Notes notes)
      throws IOException {
    if (files.tokenizerConfig().isEmpty()) {
      return new LinkedHashMap<>();
    }
    if (files.tokenizerConfig().get().node().has(FIELD)) {
      return configured(files, notes);
    }
    if (files.folder().has(JINJA)) {
      return inFiles(files.folder());
    }
    return inProcessor(files.folder(), notes);
  }

  /// Templates by name, which transformers takes also as an object.
  private static Optional<SequencedMap<String, Template>> named(TokenizerFiles files) {
    return files
        .tokenizerConfig()
        .map(config -> config.node().path(FIELD))
        .filter(JsonNode::isObject)
        .map(node -> {
          SequencedMap<String, Template> found = new LinkedHashMap<>();
          for (Map.Entry<String, JsonNode> entry : node.properties()) {
            if (entry.getValue().isString()) {
              found.put(
                  entry.getKey(),
                  new Template(entry.getValue().stringValue(), TokenizerFiles.CONFIG));
            }
          }
          return found;
        });
  }

  /// What tokenizer_config.json has.
  private static SequencedMap<String, Template> configured(TokenizerFiles files, Notes notes) {
    return files
        .tokenizerConfig()
        .map(JsonFields::node)
        .map(node -> node.path(FIELD))
        .map(node -> of(node, TokenizerFiles.CONFIG, notes))
        .orElseGet(LinkedHashMap::new);
  }

  /// What `chat_template.json` has, an older file of models that see images.
  private static SequencedMap<String, Template> inProcessor(CheckpointFolder folder, Notes notes)
      throws IOException {
    return folder.has(JSON)
        ? of(folder.json(JSON).orElseThrow().path(FIELD), JSON, notes)
        : new LinkedHashMap<>();
  }

  private static SequencedMap<String, Template> inFiles(CheckpointFolder folder)
      throws IOException {
    SequencedMap<String, Template> found = new LinkedHashMap<>();
    Optional<String> main = text(folder, JINJA);
    main.ifPresent(template -> found.put(DEFAULT, new Template(template, JINJA)));
    for (String name : folder.list(ADDITIONAL)) {
      if (name.endsWith(".jinja")) {
        String stem = name.substring(0, name.length() - ".jinja".length());
        String file = ADDITIONAL + "/" + name;
        found.put(stem, new Template(text(folder, file).orElseThrow(), file));
      }
    }
    return found;
  }

  private static SequencedMap<String, Template> of(JsonNode node, String file, Notes notes) {
    SequencedMap<String, Template> found = new LinkedHashMap<>();
    if (node.isString()) {
      found.put(DEFAULT, new Template(node.stringValue(), file));
    } else if (node.isArray()) {
      for (JsonNode choice : node) {
        JsonNode name = choice.path("name");
        JsonNode template = choice.path("template");
        if (name.isString() && !name.stringValue().isEmpty() && template.isString()) {
          found.put(name.stringValue(), new Template(template.stringValue(), file));
        }
      }
    } else if (!node.isNull() && !node.isMissingNode() && !node.isObject()) {
      notes.add("chat_template is neither a string, an array nor an object: it is left out");
    }
    return found;
  }

  private static Map<String, String> texts(Map<String, Template> templates) {
    return templates.entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().text()));
  }

  private static String described(SequencedMap<String, Template> templates) {
    return templates.isEmpty()
        ? "none"
        : templates.sequencedEntrySet().stream()
            .map(entry -> "'%s' of %s".formatted(entry.getKey(), entry.getValue().file()))
            .collect(Collectors.joining(", "));
  }
}
