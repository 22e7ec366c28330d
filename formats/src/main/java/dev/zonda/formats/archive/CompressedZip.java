package dev.zonda.formats.archive;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.io.MappedFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.zip.ZipMethod;

/// The files of a zip archive: those that are stored are read where they lie, the others decoded
/// one by one.
final class CompressedZip {
  /// The number of Zstandard before it was given its present one.
  private static final int DEPRECATED_ZSTD = 20;

  private CompressedZip() {}

  static Map<String, ArchiveEntry> entries(
      MappedFile archive, Map<String, ZippedFile> files, BlockWindow window) {
    Map<String, ArchiveEntry> entries = new HashMap<>();
    List<ZippedFile> inOrder =
        files.values().stream().sorted(Comparator.comparingLong(ZippedFile::place)).toList();
    long position = 0;
    for (ZippedFile file : inOrder) {
      long start = position;
      entries.put(
          file.name(),
          path ->
              file.isStored()
                  ? archive.part(path, file.place(), file.bytes())
                  : decoded(archive, file, start, window, path));
      // The sizes in the archive may be wrong; positions only serve to compare.
      position = Math.max(position, position + file.bytes());
    }
    return entries;
  }

  private static DecodedFile decoded(
      MappedFile archive, ZippedFile file, long position, BlockWindow window, Path path)
      throws IOException {
    Compression compression = compression(archive, file);
    MemorySegment compressed = archive.bytes().asSlice(file.place(), file.storedBytes());
    try {
      DecodedStream stream =
          new DecodedStream(
              path,
              () -> new VerifiedStream(compression.open(compressed), file.bytes(), file.crc()),
              file.bytes(),
              window,
              compression.decoders(compressed));
      return new DecodedFile(
          path, stream, 0, file.bytes(), position, KeptParts.none(), stream::close);
    } catch (FormatException e) {
      throw e;
    } catch (IOException e) {
      throw FormatException.in(path, "is broken: " + e.getMessage(), e);
    }
  }

  private static Compression compression(MappedFile archive, ZippedFile file)
      throws FormatException {
    if (file.isEncrypted()) {
      throw FormatException.at(
          archive.path(),
          file.headerAt(),
          "'" + file.name() + "' is encrypted: unpack the archive first");
    }
    if (file.method() == ZipMethod.DEFLATED.getCode()) {
      return Compression.DEFLATE;
    }
    if (file.method() == ZipMethod.ZSTD.getCode() || file.method() == DEPRECATED_ZSTD) {
      return Compression.ZSTD;
    }
    throw FormatException.at(
        archive.path(),
        file.headerAt(),
        "'%s' is compressed by method %d, expected 0 (stored), 8 (deflated) or 93 (Zstandard)"
            .formatted(file.name(), file.method()));
  }
}
