package dev.zonda.formats.archive;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.io.MappedFile;
import dev.zonda.formats.io.SegmentChannel;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarFile;

/// The files of a tar archive (POSIX ustar, pax, GNU), which are never compressed within it.
final class TarEntries {
  private static final byte[] MAGIC = "ustar".getBytes(StandardCharsets.US_ASCII);
  private static final int MAGIC_AT = 257;
  private static final int BLOCK_BYTES = 512;

  private TarEntries() {}

  static boolean matches(MappedFile file) {
    return file.size() >= BLOCK_BYTES
        && Arrays.equals(
            file.bytes().asSlice(MAGIC_AT, MAGIC.length).toArray(ValueLayout.JAVA_BYTE), MAGIC);
  }

  /// @throws FormatException if the archive is broken, or a file in it is a link, a device, sparse
  ///   or named twice
  static Map<String, ArchiveEntry> read(MappedFile file) throws IOException {
    Map<String, ArchiveEntry> entries = new HashMap<>();
    try (TarFile tar = new TarFile(new SegmentChannel(file.bytes()))) {
      for (TarArchiveEntry entry : tar.getEntries()) {
        if (!entry.isDirectory()) {
          String name = EntryName.checked(file.path(), entry.getName());
          if (!entry.isFile() || entry.isLink() || entry.isSymbolicLink() || entry.isSparse()) {
            throw FormatException.in(
                file.path(), "'" + name + "' is a link, a device or sparse, expected a file");
          }
          if (entries.put(name, new ArchiveEntry(name, entry.getDataOffset(), entry.getSize()))
              != null) {
            throw FormatException.in(file.path(), "holds two files '" + name + "'");
          }
        }
      }
      return entries;
    } catch (FormatException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw FormatException.in(file.path(), "is a broken tar archive: " + e.getMessage(), e);
    }
  }
}
