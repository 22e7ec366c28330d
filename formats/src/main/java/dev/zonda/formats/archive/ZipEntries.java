package dev.zonda.formats.archive;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.io.MappedFile;
import dev.zonda.formats.io.SegmentChannel;
import java.io.IOException;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/// The files of a zip archive (APPNOTE.TXT of PKWARE; zip64 too).
public final class ZipEntries {
  private static final long LOCAL_FILE = 0x04034b50L;

  private ZipEntries() {}

  /// Whether a file begins as zip archives do.
  public static boolean matches(MappedFile file) throws FormatException {
    return file.size() >= Integer.BYTES && file.cursor(Integer.BYTES).u32("mark") == LOCAL_FILE;
  }

  /// @throws FormatException if the archive is broken, or a file in it is a link or named twice
  static Map<String, ArchiveEntry> read(MappedFile file) throws IOException {
    Map<String, ArchiveEntry> entries = new HashMap<>();
    try (ZipFile zip =
        ZipFile.builder().setSeekableByteChannel(new SegmentChannel(file.bytes())).get()) {
      for (ZipArchiveEntry entry : Collections.list(zip.getEntries())) {
        if (!entry.isDirectory()) {
          String name = EntryName.checked(file.path(), entry.getName());
          if (entry.isUnixSymlink()) {
            throw FormatException.in(file.path(), "'" + name + "' is a link, expected a file");
          }
          if (entries.put(name, new ArchiveEntry(name, place(entry), entry.getSize())) != null) {
            throw FormatException.in(file.path(), "holds two files '" + name + "'");
          }
        }
      }
      return entries;
    } catch (FormatException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw FormatException.in(file.path(), "is a broken zip archive: " + e.getMessage(), e);
    }
  }

  private static long place(ZipArchiveEntry entry) {
    boolean isStored =
        entry.getMethod() == ZipArchiveEntry.STORED
            && !entry.getGeneralPurposeBit().usesEncryption();
    return isStored ? entry.getDataOffset() : ArchiveEntry.COMPRESSED;
  }
}
