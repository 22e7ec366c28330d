package dev.zonda.convert.config;

import dev.zonda.formats.FormatException;
import java.util.Optional;

/// Where config.json describes the text model of a model that also sees, hears or speaks.
public final class TextPart {
  private static final String TEXT = "text_config";
  private static final String THINKER = "thinker_config";

  private TextPart() {}

  /// All fields of the file, those of its text model first. What answers in a model that also
  /// speaks has objects of its own for its parts.
  public static JsonFields of(JsonFields config) throws FormatException {
    Optional<JsonFields> thinker = config.object(THINKER);
    if (thinker.isEmpty()) {
      return config.with(TEXT);
    }
    Optional<JsonFields> text = thinker.get().object(TEXT);
    return text.isPresent() ? config.with(text.get()) : config;
  }
}
