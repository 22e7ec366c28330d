package dev.zonda.formats.archive;

import dev.zonda.formats.FormatException;
import java.nio.file.Path;
import java.util.Arrays;

/// The names of files in archives: relative, with `/` between, and never leading upwards.
final class EntryName {
  private EntryName() {}

  /// The name without `./` before it.
  ///
  /// @throws FormatException if the name is empty, absolute, or leads out of its folder
  static String checked(Path archive, String name) throws FormatException {
    String plain = name;
    while (plain.startsWith("./")) {
      plain = plain.substring(2);
    }
    boolean isPlain =
        !plain.isEmpty()
            && plain.indexOf('\\') < 0
            && plain.indexOf('\0') < 0
            && Arrays.stream(plain.split("/", -1))
                .noneMatch(part -> part.isEmpty() || part.equals(".") || part.equals(".."));
    if (!isPlain) {
      throw FormatException.in(archive, "'" + name + "' is not a path within the archive");
    }
    return plain;
  }
}
