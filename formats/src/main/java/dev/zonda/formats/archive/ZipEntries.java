package dev.zonda.formats.archive;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.io.InputChannel;
import dev.zonda.formats.io.InputFile;
import java.io.IOException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/// The files of a zip archive (APPNOTE.TXT of PKWARE; zip64 too).
public final class ZipEntries {
  private static final long LOCAL_FILE = 0x04034b50L;

  /// Bytes that the directory and all headers of files may take together: they are held in memory.
  private static final long MOST_HEADER_BYTES = 10_000_000;

  private ZipEntries() {}

  /// Whether a file begins as zip archives do.
  public static boolean matches(InputFile file) throws IOException {
    return file.size() >= Integer.BYTES && file.cursor(0, Integer.BYTES).u32("mark") == LOCAL_FILE;
  }

  /// @return files by name, in the order of the directory
  /// @throws FormatException if the archive is broken, or a file in it is a link, named twice or
  ///   beyond its end
  public static Map<String, ZippedFile> read(InputFile file) throws IOException {
    Map<String, ZippedFile> entries = new LinkedHashMap<>();
    try (ZipFile zip =
        ZipFile.builder().setSeekableByteChannel(new InputChannel(file, MOST_HEADER_BYTES)).get()) {
      for (Iterator<ZipArchiveEntry> all = zip.getEntries().asIterator(); all.hasNext(); ) {
        ZipArchiveEntry entry = all.next();
        if (!entry.isDirectory()) {
          take(file, entry, entries);
        }
      }
      return entries;
    } catch (FormatException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw FormatException.in(file.path(), "is a broken zip archive: " + e.getMessage(), e);
    }
  }

  private static void take(InputFile file, ZipArchiveEntry entry, Map<String, ZippedFile> entries)
      throws FormatException {
    String name = EntryName.checked(file.path(), entry.getName());
    if (entry.isUnixSymlink()) {
      throw FormatException.in(file.path(), "'" + name + "' is a link, expected a regular file");
    }
    ZippedFile zipped =
        new ZippedFile(
            name,
            entry.getMethod(),
            entry.getGeneralPurposeBit().usesEncryption(),
            entry.getLocalHeaderOffset(),
            entry.getDataOffset(),
            entry.getCompressedSize(),
            entry.getSize(),
            entry.getCrc());
    if (!zipped.liesWithin(file.size())) {
      throw FormatException.at(
          file.path(),
          Math.max(0, zipped.headerAt()),
          "'%s' takes %d bytes, beyond the end of the archive; is it truncated?"
              .formatted(name, zipped.storedBytes()));
    }
    if (entries.put(name, zipped) != null) {
      throw FormatException.in(file.path(), "holds two files '" + name + "'");
    }
  }
}
