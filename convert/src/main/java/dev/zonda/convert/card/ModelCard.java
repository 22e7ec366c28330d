package dev.zonda.convert.card;

import dev.zonda.convert.config.Notes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/// The front matter of a model card: the YAML between the first two `---` lines of README.md.
///
/// Only text, lists of text and flat objects are kept, whatever else the YAML holds; it is read as
/// a stream of events, so that neither nesting nor aliases can make it grow. Scalars stay text:
/// `no` is a language and `1.0` a version.
final class ModelCard {
  static final CardValue NOTHING = new CardValue.Nothing();

  private static final int MAX_CHARACTERS = 1 << 20;

  /// The YAML library's time grows with the square of the depth.
  private static final int MAX_DEPTH = 100;

  private static final String FENCE = "---";
  private static final Set<String> NULLS = Set.of("", "~", "null", "Null", "NULL");

  private final Map<String, CardValue> fields = new HashMap<>();
  private final Iterator<Event> events;
  private int depth;

  private ModelCard(Iterator<Event> events) {
    this.events = events;
  }

  /// The fields of a README, none if it has no front matter.
  static Map<String, CardValue> parse(String readme, Notes notes) {
    Optional<String> yaml = frontMatter(readme);
    if (yaml.isEmpty()) {
      return Map.of();
    }
    if (yaml.get().length() > MAX_CHARACTERS) {
      notes.add("README.md: the front matter is longer than 1 MiB and is not read");
      return Map.of();
    }
    LoadSettings settings =
        LoadSettings.builder().setCodePointLimit(MAX_CHARACTERS).setUseMarks(false).build();
    ModelCard card = new ModelCard(new Parse(settings).parseString(yaml.get()).iterator());
    try {
      card.readDocument();
      return card.fields;
    } catch (YamlEngineException e) {
      notes.add("README.md: the front matter is not YAML, or nested too deeply, and is not read");
      return Map.of();
    }
  }

  private static Optional<String> frontMatter(String readme) {
    List<String> lines = readme.lines().toList();
    if (lines.isEmpty() || !lines.getFirst().equals(FENCE)) {
      return Optional.empty();
    }
    List<String> body = lines.subList(1, lines.size());
    int end = body.indexOf(FENCE);
    String yaml = String.join("\n", end < 0 ? body : body.subList(0, end)) + "\n";
    // YAML has no tabs, but cards do.
    return Optional.of(yaml.replace("\t", "  "));
  }

  private Event next() {
    Event event = events.next();
    switch (event.getEventId()) {
      case MappingStart, SequenceStart -> depth++;
      case MappingEnd, SequenceEnd -> depth--;
      default -> {
        // No change of depth.
      }
    }
    if (depth > MAX_DEPTH) {
      throw new YamlEngineException("nested deeper than " + MAX_DEPTH);
    }
    return event;
  }

  private void readDocument() {
    Event event = next();
    while (event.getEventId() == Event.ID.StreamStart
        || event.getEventId() == Event.ID.DocumentStart) {
      event = next();
    }
    if (event.getEventId() != Event.ID.MappingStart) {
      return;
    }
    for (Event key = next(); key.getEventId() != Event.ID.MappingEnd; key = next()) {
      String name = scalar(key);
      CardValue value = value(next());
      if (!name.isEmpty()) {
        fields.put(name, value);
      }
    }
  }

  private CardValue value(Event event) {
    return switch (event.getEventId()) {
      case Scalar -> text((ScalarEvent) event);
      case SequenceStart -> items();
      case MappingStart -> flatFields();
      default -> NOTHING;
    };
  }

  private CardValue items() {
    List<CardValue> items = new ArrayList<>();
    for (Event e = next(); e.getEventId() != Event.ID.SequenceEnd; e = next()) {
      switch (e.getEventId()) {
        case Scalar -> items.add(text((ScalarEvent) e));
        case MappingStart -> items.add(flatFields());
        default -> skip(e);
      }
    }
    return new CardValue.Items(items);
  }

  private CardValue flatFields() {
    Map<String, String> values = new LinkedHashMap<>();
    for (Event key = next(); key.getEventId() != Event.ID.MappingEnd; key = next()) {
      String name = scalar(key);
      Event value = next();
      if (value instanceof ScalarEvent scalar && !name.isEmpty()) {
        text(scalar).text().ifPresent(text -> values.put(name, text));
      } else {
        skip(value);
      }
    }
    return new CardValue.Fields(values);
  }

  /// The text of a key; empty for keys that are not text, which are skipped as a whole.
  private String scalar(Event key) {
    if (key instanceof ScalarEvent scalar) {
      return scalar.getValue();
    }
    skip(key);
    return "";
  }

  private static CardValue text(ScalarEvent scalar) {
    boolean isNull = scalar.isPlain() && NULLS.contains(scalar.getValue());
    return isNull ? NOTHING : new CardValue.Text(scalar.getValue());
  }

  /// Skips to the end of what an event begins; the event itself has been read.
  private void skip(Event first) {
    if (first.getEventId() == Event.ID.MappingStart
        || first.getEventId() == Event.ID.SequenceStart) {
      int around = depth - 1;
      while (depth > around) {
        Event _ = next();
      }
    }
  }
}
