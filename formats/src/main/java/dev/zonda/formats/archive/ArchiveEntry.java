package dev.zonda.formats.archive;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.io.MappedFile;

/// An ordinary file in an archive.
///
/// @param place first byte in the archive; negative if it does not lie there as it is
record ArchiveEntry(String name, long place, long bytes) {
  /// What stands for the place of a compressed file.
  static final long COMPRESSED = -1;

  /// @throws FormatException if the file is compressed, or does not lie within the archive
  long offset(MappedFile archive) throws FormatException {
    if (place == COMPRESSED) {
      throw FormatException.in(
          archive.path(),
          "'%s' is compressed, expected stored as it is: weights hardly shrink, and are read in place"
              .formatted(name));
    }
    if (place < 0 || bytes < 0 || place > archive.size() - bytes) {
      throw FormatException.in(
          archive.path(),
          "'%s' takes %d bytes, beyond the end of the archive; is it truncated?"
              .formatted(name, bytes));
    }
    return place;
  }
}
