package dev.zonda.testdata;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A network of `testdata/networks.json`: one of `testdata/families` with other fields in
/// config.json (in that of the text model, where there is one), and maybe other tensors.
///
/// @param family the folder of `testdata/families`
/// @param length tokens of its text
/// @param description what differs
record NetworkVariant(String family, int length, JsonNode description) {
  private static final String TEXT = "text_config";

  static Optional<NetworkVariant> of(String name) throws IOException {
    Path file = TestData.path("networks.json");
    JsonNode description = JsonMapper.shared().readTree(Files.readString(file)).path(name);
    return description.isMissingNode()
        ? Optional.empty()
        : Optional.of(
            new NetworkVariant(
                description.path("family").stringValue(),
                description.path("length").asInt(SeededCheckpoint.USUAL_LENGTH),
                description));
  }

  /// Changes config.json.
  void change(Path config) throws IOException {
    JsonNode root = JsonMapper.shared().readTree(Files.readString(config));
    ObjectNode text = (ObjectNode) (root.has(TEXT) ? root.path(TEXT) : root);
    description.path("without").valueStream().map(JsonNode::stringValue).forEach(text::remove);
    description
        .path("fields")
        .properties()
        .forEach(field -> text.set(field.getKey(), field.getValue()));
    Files.writeString(config, root.toPrettyString());
  }

  /// Whether GGUF has keys for what differs.
  boolean isHeldByFiles() {
    return description.path("file").asBoolean(true);
  }

  /// The tensors, a line each.
  List<String> change(List<String> lines) {
    List<String> absent = new ArrayList<>();
    description
        .path("absent")
        .valueStream()
        .forEach(start -> absent.addAll(SeededCheckpoint.expanded(start.stringValue())));
    List<String> changed = new ArrayList<>();
    for (String line : lines) {
      String name = line.substring(line.lastIndexOf(' ') + 1);
      if (absent.stream().noneMatch(name::startsWith)) {
        changed.add(line);
      }
    }
    description.path("tensors").valueStream().map(JsonNode::stringValue).forEach(changed::add);
    return changed;
  }
}
