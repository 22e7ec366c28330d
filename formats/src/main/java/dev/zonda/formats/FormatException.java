package dev.zonda.formats;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/// A file is not what its format demands. The message is one line for people:
/// `models/a.gguf @0x1a4: tensor 'blk.0.attn_q.weight': dimension 2 is -5, expected 1 or more`.
public final class FormatException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String file;
  private final long offset;
  private final String details;

  private FormatException(Path file, long offset, String message, Throwable cause) {
    super(place(file, offset) + ": " + oneLine(message), cause);
    this.file = file.toString();
    this.offset = offset;
    this.details = "";
  }

  private FormatException(FormatException other, List<String> details) {
    super(other.getMessage(), other.getCause());
    this.file = other.file;
    this.offset = other.offset;
    this.details = details.stream().map(FormatException::oneLine).collect(Collectors.joining("\n"));
  }

  /// A fault at a byte of a file.
  ///
  /// @param offset of the field at fault, from the start of the file
  /// @param problem the field, what was found, what was expected and, where it helps, what to do
  public static FormatException at(Path file, long offset, String problem) {
    return new FormatException(file, offset, problem, null);
  }

  /// A fault of the file as a whole.
  public static FormatException in(Path file, String problem) {
    return new FormatException(file, -1, problem, null);
  }

  /// A fault of the file that another library found.
  public static FormatException in(Path file, String problem, Throwable cause) {
    return new FormatException(file, -1, problem, cause);
  }

  /// The same with lines that name all that the message counts.
  public FormatException with(List<String> lines) {
    return new FormatException(this, lines);
  }

  /// Lines that name all that the message counts; none if the message says all.
  public List<String> details() {
    return details.lines().toList();
  }

  public Path file() {
    return Path.of(file);
  }

  /// The byte at fault, empty if the fault has no single place.
  public OptionalLong offset() {
    return offset < 0 ? OptionalLong.empty() : OptionalLong.of(offset);
  }

  /// The file as the user named it, or as it follows from a folder that the user named.
  private static String place(Path file, long offset) {
    return oneLine(offset < 0 ? file.toString() : file + " @0x" + Long.toHexString(offset));
  }

  /// Names in a hostile file may hold line breaks, terminal escapes and marks that change the
  /// writing direction, or be megabytes long.
  private static String oneLine(String text) {
    String clean = text.replaceAll("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]", "?");
    return clean.length() <= 500 ? clean : clean.substring(0, 500) + "…";
  }
}
