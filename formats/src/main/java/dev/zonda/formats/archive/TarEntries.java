package dev.zonda.formats.archive;

import dev.zonda.formats.FormatException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/// Goes through the files of a tar archive (POSIX ustar, pax, GNU).
final class TarEntries {
  /// This many bytes tell whether a file is a tar archive.
  static final int BLOCK_BYTES = 512;

  private static final byte[] MAGIC = "ustar".getBytes(StandardCharsets.US_ASCII);
  private static final int MAGIC_AT = 257;
  private static final int MOST_FILES = 1 << 16;

  private TarEntries() {}

  /// Is called for each file.
  interface Visitor {
    /// @param at where its bytes begin in the archive
    /// @param content may be read, but need not be
    void file(String name, long at, long bytes, InputStream content) throws IOException;
  }

  static boolean matches(MemorySegment bytes) {
    return bytes.byteSize() >= BLOCK_BYTES
        && Arrays.equals(
            bytes.asSlice(MAGIC_AT, MAGIC.length).toArray(ValueLayout.JAVA_BYTE), MAGIC);
  }

  /// Reads a stream up to the mark that ends the archive.
  ///
  /// @param archive to be named in messages
  /// @throws FormatException if the archive is broken, or a file in it is a link, a device, sparse
  ///   or named twice
  static void read(Path archive, TarStream stream, Visitor visitor) throws IOException {
    Set<String> names = new HashSet<>();
    // Not closed: what follows the archive may be read, too.
    TarArchiveInputStream tar = new TarArchiveInputStream(stream);
    try {
      stream.startHeader();
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        if (!entry.isDirectory()) {
          String name = EntryName.checked(archive, entry.getName());
          requireFile(archive, name, entry);
          if (!names.add(name)) {
            throw FormatException.in(archive, "holds two files '" + name + "'");
          }
          if (names.size() > MOST_FILES) {
            throw FormatException.in(archive, "holds more than " + MOST_FILES + " files");
          }
          stream.startContent(entry.getSize());
          visitor.file(name, stream.position(), entry.getSize(), tar);
        }
        stream.startHeader();
      }
    } catch (FormatException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw FormatException.in(archive, "is a broken tar archive: " + e.getMessage(), e);
    }
  }

  private static void requireFile(Path archive, String name, TarArchiveEntry entry)
      throws FormatException {
    boolean isFile =
        entry.getLinkFlag() == TarConstants.LF_NORMAL
            || entry.getLinkFlag() == TarConstants.LF_OLDNORM
            || entry.getLinkFlag() == TarConstants.LF_CONTIG;
    if (!isFile || entry.isSparse()) {
      throw FormatException.in(
          archive, "'" + name + "' is a link, a device or a sparse file, expected a regular file");
    }
  }
}
