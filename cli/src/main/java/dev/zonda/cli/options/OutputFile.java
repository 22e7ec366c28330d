package dev.zonda.cli.options;

import java.nio.file.Path;

/// A file to write.
public record OutputFile(Path path) {
  /// @throws IllegalArgumentException if it cannot be the name of a file; the message is for the
  ///   user
  static OutputFile parse(String text) {
    if (text.equals("-")) {
      throw new IllegalArgumentException(
          "'-' would be standard output, but output files appear whole or not at all: name a file");
    }
    if (text.endsWith("/")) {
      throw new IllegalArgumentException("'" + text + "' is the name of a folder: name a file");
    }
    return new OutputFile(Converters.path(text));
  }
}
