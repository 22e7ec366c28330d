package dev.zonda.convert.config;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// Remembers which fields of a file were asked for. Not for use by several threads.
final class FieldsRead {
  private final JsonNode root;
  private final IdentityHashMap<JsonNode, Set<String>> asked = new IdentityHashMap<>();

  private record Place(String path, JsonNode object) {}

  FieldsRead(JsonNode root) {
    this.root = root;
    open(root);
  }

  /// An object whose fields are asked for one by one.
  void open(JsonNode object) {
    asked.putIfAbsent(object, new HashSet<>());
  }

  void ask(JsonNode object, String name) {
    asked.computeIfAbsent(object, key -> new HashSet<>()).add(name);
  }

  /// The paths of fields that were never asked for and that say something, in the file's order.
  List<String> others() {
    List<String> others = new ArrayList<>();
    Deque<Place> open = new ArrayDeque<>(List.of(new Place("", root)));
    while (!open.isEmpty()) {
      Place place = open.poll();
      Set<String> names = asked.get(place.object());
      for (Map.Entry<String, JsonNode> field : place.object().properties()) {
        JsonNode value = field.getValue();
        String path = place.path() + field.getKey();
        if (!names.contains(field.getKey())) {
          if (!value.isNull()) {
            others.add(path);
          }
        } else if (asked.containsKey(value)) {
          open.add(new Place(path + ".", value));
        }
      }
    }
    return others;
  }
}
