package dev.zonda.formats.torch;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.archive.ZipEntries;
import dev.zonda.formats.io.ByteCursor;
import dev.zonda.formats.io.MappedFile;
import dev.zonda.formats.io.SegmentChannel;
import java.io.IOException;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/// The form since PyTorch 1.6: a zip archive of stored entries in one folder. `data.pkl` is the
/// pickle, `data/KEY` a storage.
final class ZipForm {
  private static final String PICKLE = "/data.pkl";

  private ZipForm() {}

  static boolean matches(MappedFile file) throws FormatException {
    return ZipEntries.matches(file);
  }

  static TorchContents read(MappedFile file) throws IOException {
    Map<String, ZipArchiveEntry> entries = entries(file);
    String folder =
        entries.keySet().stream()
            .filter(name -> name.endsWith(PICKLE))
            .map(name -> name.substring(0, name.length() - PICKLE.length()))
            .findFirst()
            .orElseThrow(
                () -> FormatException.in(file.path(), "is a zip archive without data.pkl"));
    requireLittleEndian(file, entries.get(folder + "/byteorder"));
    ZipArchiveEntry pickle = entries.get(folder + PICKLE);
    long at = dataOffset(file, pickle);
    if (pickle.getSize() > PickleMachine.MOST_BYTES) {
      throw FormatException.at(
          file.path(),
          at,
          "data.pkl has %d bytes, expected %d at most"
              .formatted(pickle.getSize(), PickleMachine.MOST_BYTES));
    }
    ByteCursor cursor = file.cursor(at + pickle.getSize());
    cursor.skip(at, "data.pkl");
    return TorchContents.of(
        file.path(),
        "PyTorch",
        PickleMachine.read(cursor),
        storage -> storageOffset(file, entries.get(folder + "/data/" + storage.key()), storage));
  }

  private static Map<String, ZipArchiveEntry> entries(MappedFile file) throws IOException {
    try (ZipFile zip =
        ZipFile.builder()
            .setSeekableByteChannel(new SegmentChannel(file.bytes()))
            .setIgnoreLocalFileHeader(false)
            .get()) {
      Map<String, ZipArchiveEntry> entries = new HashMap<>();
      for (Iterator<ZipArchiveEntry> all = zip.getEntries().asIterator(); all.hasNext(); ) {
        ZipArchiveEntry entry = all.next();
        if (entries.put(entry.getName(), entry) != null) {
          throw FormatException.in(file.path(), "has two entries '" + entry.getName() + "'");
        }
      }
      return entries;
    } catch (FormatException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw FormatException.in(file.path(), "is a broken zip archive: " + e.getMessage(), e);
    }
  }

  private static void requireLittleEndian(MappedFile file, ZipArchiveEntry entry)
      throws FormatException {
    // The marks are "little" and "big"; files before PyTorch 2.1 have none and are little endian.
    if (entry != null
        && entry.getSize() > 0
        && file.bytes().get(java.lang.foreign.ValueLayout.JAVA_BYTE, dataOffset(file, entry))
            == 'b') {
      throw FormatException.in(file.path(), "is big endian, which zonda does not read");
    }
  }

  private static long storageOffset(
      MappedFile file, ZipArchiveEntry entry, PickleValue.Storage storage) throws FormatException {
    if (entry == null) {
      throw FormatException.in(file.path(), "has no entry data/" + storage.key());
    }
    long expected = storage.type().byteSize(storage.elements());
    if (entry.getSize() != expected) {
      throw FormatException.at(
          file.path(),
          entry.getLocalHeaderOffset(),
          "entry '%s' has %d bytes, expected %d of a storage of %d %s"
              .formatted(
                  entry.getName(), entry.getSize(), expected, storage.elements(), storage.type()));
    }
    return dataOffset(file, entry);
  }

  /// Where the bytes of an entry begin: they must lie in the file as they are.
  private static long dataOffset(MappedFile file, ZipArchiveEntry entry) throws FormatException {
    if (entry.getMethod() != ZipArchiveEntry.STORED
        || entry.getGeneralPurposeBit().usesEncryption()) {
      throw FormatException.at(
          file.path(),
          entry.getLocalHeaderOffset(),
          "entry '" + entry.getName() + "' is compressed or encrypted, expected stored as it is");
    }
    long at = entry.getDataOffset();
    if (at < 0 || entry.getSize() < 0 || at > file.size() - entry.getSize()) {
      throw FormatException.at(
          file.path(),
          Math.max(0, entry.getLocalHeaderOffset()),
          "entry '%s' takes %d bytes, beyond the end of the file; is it truncated?"
              .formatted(entry.getName(), entry.getSize()));
    }
    return at;
  }
}
