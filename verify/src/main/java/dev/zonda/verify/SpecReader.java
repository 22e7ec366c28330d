package dev.zonda.verify;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.gguf.GgufModel;
import java.nio.file.Path;

/// Reads an architecture's metadata keys, each checked.
///
/// @param prefix the architecture's name, with which every key starts
record SpecReader(Path file, Metadata metadata, String prefix) {
  private static final String SUPPORTED = "llama";

  /// Bounds counts, so that products of a few stay far from overflow.
  static final long MAX_COUNT = 1 << 24;

  static SpecReader of(GgufModel model) throws FormatException {
    Path file = Path.of(model.name());
    String architecture = model.metadata().text("general.architecture").orElse("");
    if (!architecture.equals(SUPPORTED)) {
      throw FormatException.in(
          file,
          "has architecture '%s'; the forward pass knows '%s'".formatted(architecture, SUPPORTED));
    }
    return new SpecReader(file, model.metadata(), architecture + ".");
  }

  int count(String key) throws FormatException {
    long value =
        metadata
            .integer(prefix + key)
            .orElseThrow(() -> error("lacks the key " + prefix + key + " (an integer)"));
    return checked(key, value);
  }

  int count(String key, int fallback) throws FormatException {
    if (metadata.get(prefix + key).isEmpty()) {
      return fallback;
    }
    return count(key);
  }

  private int checked(String key, long value) throws FormatException {
    if (value < 1 || value > MAX_COUNT) {
      throw error("%s%s is %d, expected 1 to %d".formatted(prefix, key, value, MAX_COUNT));
    }
    return (int) value;
  }

  double number(String key) throws FormatException {
    double value =
        metadata
            .number(prefix + key)
            .orElseThrow(() -> error("lacks the key " + prefix + key + " (a float)"));
    if (!(value > 0) || Double.isInfinite(value)) {
      throw error("%s%s is %s, expected more than 0".formatted(prefix, key, value));
    }
    return value;
  }

  double number(String key, double fallback) throws FormatException {
    if (metadata.get(prefix + key).isEmpty()) {
      return fallback;
    }
    return number(key);
  }

  String text(String key, String fallback) {
    return metadata.text(prefix + key).orElse(fallback);
  }

  /// Refuses a model whose key has another value than the one that changes nothing.
  void refuse(String key, long harmless, String reason) throws FormatException {
    long value = metadata.integer(prefix + key).orElse(harmless);
    if (value != harmless) {
      throw error("%s%s is %d: %s".formatted(prefix, key, value, reason));
    }
  }

  FormatException error(String problem) {
    return FormatException.in(file, problem);
  }
}
