package dev.zonda.formats.archive;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.io.InputFile;
import java.io.IOException;
import java.nio.file.Path;

/// A regular file in an archive.
interface ArchiveEntry {
  /// @param path to be named in messages
  /// @throws FormatException if it is compressed in a way that cannot be read, or broken
  InputFile open(Path path) throws IOException;
}
