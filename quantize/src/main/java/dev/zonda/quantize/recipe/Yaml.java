package dev.zonda.quantize.recipe;

import dev.zonda.formats.FormatException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// The part of YAML that recipes need: mappings, lists, strings, whole numbers, true and false.
/// Anchors and aliases, which can make a short document large, are refused, and so is deep nesting.
final class Yaml {
  private static final int MOST_DEPTH = 8;
  private static final int MOST_CHARACTERS = 1 << 20;
  private static final Pattern NUMBER = Pattern.compile("-?\\d{1,9}");
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final Path file;
  private final Iterator<Event> events;

  private Yaml(Path file, Iterator<Event> events) {
    this.file = file;
    this.events = events;
  }

  /// @throws FormatException if it is not YAML, or uses more than this part
  static JsonNode read(Path file, String text) throws FormatException {
    LoadSettings settings = LoadSettings.builder().setCodePointLimit(MOST_CHARACTERS).build();
    Yaml yaml = new Yaml(file, new Parse(settings).parseString(text).iterator());
    try {
      return yaml.document();
    } catch (MarkedYamlEngineException e) {
      String line = e.getProblemMark().map(mark -> "line " + (mark.getLine() + 1)).orElse("");
      throw FormatException.in(file, "broken YAML: " + line + ": " + e.getProblem(), e);
    } catch (YamlEngineException e) {
      throw FormatException.in(file, "broken YAML: " + e.getMessage(), e);
    }
  }

  private JsonNode document() throws FormatException {
    events.next();
    if (events.next().getEventId() == Event.ID.StreamEnd) {
      return NODES.missingNode();
    }
    JsonNode root = node(events.next(), 0);
    events.next();
    if (events.next().getEventId() != Event.ID.StreamEnd) {
      throw FormatException.in(file, "holds more than one YAML document");
    }
    return root;
  }

  private JsonNode node(Event event, int depth) throws FormatException {
    if (depth > MOST_DEPTH) {
      throw FormatException.in(file, "is nested deeper than " + MOST_DEPTH + " levels");
    }
    if (event instanceof AliasEvent
        || (event instanceof NodeEvent node && node.getAnchor().isPresent())) {
      throw FormatException.in(file, "has a YAML anchor or alias, which a recipe cannot have");
    }
    if (event instanceof CollectionStartEvent start && start.getTag().isPresent()) {
      throw FormatException.in(file, "has a YAML tag, which a recipe cannot have");
    }
    return switch (event.getEventId()) {
      case Scalar -> scalar((ScalarEvent) event);
      case SequenceStart -> {
        ArrayNode items = NODES.arrayNode();
        for (Event e = events.next(); e.getEventId() != Event.ID.SequenceEnd; e = events.next()) {
          items.add(node(e, depth + 1));
        }
        yield items;
      }
      default -> mapping(depth);
    };
  }

  private JsonNode mapping(int depth) throws FormatException {
    ObjectNode fields = NODES.objectNode();
    for (Event e = events.next(); e.getEventId() != Event.ID.MappingEnd; e = events.next()) {
      if (!(e instanceof ScalarEvent key)) {
        throw FormatException.in(file, "has a YAML key that is not a string");
      }
      if (fields.has(key.getValue())) {
        throw FormatException.in(file, "has the field '" + key.getValue() + "' twice");
      }
      fields.set(key.getValue(), node(events.next(), depth + 1));
    }
    return fields;
  }

  private JsonNode scalar(ScalarEvent scalar) throws FormatException {
    if (scalar.getTag().isPresent()) {
      throw FormatException.in(file, "has a YAML tag, which a recipe cannot have");
    }
    String text = scalar.getValue();
    if (!scalar.isPlain()) {
      return NODES.stringNode(text);
    }
    return switch (text) {
      case "", "~", "null" -> NODES.nullNode();
      case "true" -> NODES.booleanNode(true);
      case "false" -> NODES.booleanNode(false);
      default ->
          NUMBER.matcher(text).matches()
              ? NODES.numberNode(Integer.parseInt(text))
              : NODES.stringNode(text);
    };
  }
}
