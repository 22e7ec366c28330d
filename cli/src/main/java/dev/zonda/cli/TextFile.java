package dev.zonda.cli;

import dev.zonda.formats.AtomicFile;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.OverwritePolicy;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// A text that a user names.
final class TextFile {
  private static final long MAX_BYTES = 1L << 30;

  private TextFile() {}

  /// Writes a report, in the place of an older one.
  static void write(Path file, String text) throws IOException {
    AtomicFile.write(file, text.getBytes(StandardCharsets.UTF_8), OverwritePolicy.REPLACE);
  }

  /// @throws FormatException if it is no ordinary file, too long, or not UTF-8
  static String read(Path file) throws IOException {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw FormatException.in(file, "is no ordinary file, expected a text");
    }
    if (Files.size(file) > MAX_BYTES) {
      throw FormatException.in(file, "has more than 1 GiB: take a part of it");
    }
    try {
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw FormatException.in(file, "is no UTF-8 text", e);
    }
  }
}
