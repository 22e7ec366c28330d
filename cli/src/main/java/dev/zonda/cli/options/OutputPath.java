package dev.zonda.cli.options;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Where a user wants an output: a file, or a folder in which it gets its usual name.
public sealed interface OutputPath {
  /// @param path may turn out to be a folder
  record Named(Path path) implements OutputPath {}

  /// @param folder may not exist yet
  record InFolder(Path folder) implements OutputPath {}

  /// @throws IllegalArgumentException if it cannot be the name of a file; the message is for the
  ///   user
  static OutputPath parse(String text) {
    return text.endsWith("/")
        ? new InFolder(Converters.path(text))
        : new Named(OutputFile.parse(text).path());
  }

  /// The file.
  ///
  /// @param usualName what it is called in a folder
  default Path file(String usualName) {
    return switch (this) {
      case InFolder(Path folder) -> folder.resolve(usualName);
      case Named(Path path) when Files.isDirectory(path) -> path.resolve(usualName);
      case Named(Path path) -> path;
    };
  }

  /// Makes the folder if one is named that does not exist.
  default void makeFolder() throws IOException {
    if (this instanceof InFolder(Path folder) && !Files.isDirectory(folder)) {
      if (Files.exists(folder)) {
        throw new FileSystemException(folder.toString(), null, "is a file, expected a folder");
      }
      Files.createDirectories(folder);
    }
  }
}
