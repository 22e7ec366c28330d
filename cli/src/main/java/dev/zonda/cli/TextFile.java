package dev.zonda.cli;

import dev.zonda.formats.AtomicFile;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.OverwritePolicy;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/// A text that a user names.
final class TextFile {
  private static final int MAX_BYTES = 1 << 30;

  /// The launcher moves the descriptor, so that the system's names lead elsewhere.
  private static final Set<String> STANDARD_INPUT = Set.of("-", "/dev/stdin", "/dev/fd/0");

  private TextFile() {}

  /// Writes a report, in the place of an older one.
  static void write(Path file, String text) throws IOException {
    AtomicFile.write(file, text.getBytes(StandardCharsets.UTF_8), OverwritePolicy.REPLACE);
  }

  /// Reads a file, a pipe, or standard input, which is called `-`.
  ///
  /// @throws FormatException if it is a folder, too long, or not UTF-8
  static String read(Path file) throws IOException {
    if (STANDARD_INPUT.contains(file.toString())) {
      try (InputStream in = ProcessStreams.input()) {
        return text(Path.of("standard input"), in);
      }
    }
    if (Files.isDirectory(file)) {
      throw FormatException.in(file, "is a folder, expected a text");
    }
    try (InputStream in = Files.newInputStream(file)) {
      return text(file, in);
    }
  }

  private static String text(Path name, InputStream in) throws IOException {
    byte[] bytes = in.readNBytes(MAX_BYTES + 1);
    if (bytes.length > MAX_BYTES) {
      throw FormatException.in(name, "has more than 1 GiB: take a part of it");
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw FormatException.in(name, "is not a UTF-8 text", e);
    }
  }
}
