package dev.zonda.cli.options;

import dev.zonda.cli.render.Sizes;
import dev.zonda.formats.FormatException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/// A text file that the command line names.
public final class TextFile {
  private static final int MAX_BYTES = 1 << 30;

  /// The launcher moves the descriptor, so that the system's names lead elsewhere.
  private static final Set<String> STANDARD_INPUT = Set.of("-", "/dev/stdin", "/dev/fd/0");

  private TextFile() {}

  public static boolean isStandardInput(Path file) {
    return STANDARD_INPUT.contains(file.toString());
  }

  /// What to call it in messages.
  public static Path named(Path file) {
    return isStandardInput(file) ? Path.of("standard input") : file;
  }

  /// Reads a file, a pipe, or standard input, which is called `-`.
  ///
  /// @throws FormatException if it is a folder, too long, or not UTF-8
  public static String read(Path file) throws IOException {
    return read(file, MAX_BYTES);
  }

  /// Reads a file that must not be longer than a limit.
  public static String read(Path file, int mostBytes) throws IOException {
    if (isStandardInput(file)) {
      try (InputStream in = StandardInput.open()) {
        return text(named(file), in, mostBytes);
      }
    }
    if (Files.isDirectory(file)) {
      throw FormatException.in(file, "is a folder, expected a text file");
    }
    try (InputStream in = Files.newInputStream(file)) {
      return text(file, in, mostBytes);
    }
  }

  private static String text(Path name, InputStream in, int mostBytes) throws IOException {
    byte[] bytes = in.readNBytes(mostBytes + 1);
    if (bytes.length > mostBytes) {
      throw FormatException.in(
          name, "has more than %s, expected a shorter text".formatted(Sizes.bytes(mostBytes)));
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw FormatException.in(name, "is not a UTF-8 text", e);
    }
  }
}
