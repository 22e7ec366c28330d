package dev.zonda.formats.torch;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.archive.ZipEntries;
import dev.zonda.formats.archive.ZippedFile;
import dev.zonda.formats.io.InputFile;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/// The form since PyTorch 1.6: a zip archive of stored entries in one folder. `data.pkl` is the
/// pickle, `data/KEY` a storage.
final class ZipForm {
  private static final String PICKLE = "/data.pkl";

  private ZipForm() {}

  static boolean matches(InputFile file) throws IOException {
    return ZipEntries.matches(file);
  }

  static TorchContents read(InputFile file) throws IOException {
    Map<String, ZippedFile> entries = ZipEntries.read(file);
    String folder = folder(file, entries);
    requireLittleEndian(file, entries.get(folder + "/byteorder"));
    ZippedFile pickle = entries.get(folder + PICKLE);
    long at = place(file, pickle);
    if (pickle.bytes() > PickleMachine.MOST_BYTES) {
      throw FormatException.at(
          file.path(),
          at,
          "data.pkl has %d bytes, expected at most %d"
              .formatted(pickle.bytes(), PickleMachine.MOST_BYTES));
    }
    return TorchContents.of(
        file.path(),
        "PyTorch",
        PickleMachine.read(file.cursor(at, pickle.bytes())),
        storage -> storagePlace(file, entries.get(folder + "/data/" + storage.key()), storage));
  }

  /// The only folder that has a pickle: of two, nothing says which one counts.
  private static String folder(InputFile file, Map<String, ZippedFile> entries)
      throws FormatException {
    List<String> folders =
        entries.keySet().stream()
            .filter(name -> name.endsWith(PICKLE))
            .map(name -> name.substring(0, name.length() - PICKLE.length()))
            .toList();
    if (folders.size() > 1) {
      throw FormatException.in(
          file.path(),
          "holds data.pkl in '%s' and in '%s', expected one"
              .formatted(folders.getFirst(), folders.getLast()));
    }
    if (folders.isEmpty()) {
      throw FormatException.in(file.path(), "is a zip archive without data.pkl");
    }
    return folders.getFirst();
  }

  private static void requireLittleEndian(InputFile file, ZippedFile entry) throws IOException {
    // The marks are "little" and "big"; files before PyTorch 2.1 have none and are little endian.
    if (entry != null && entry.bytes() > 0 && file.copy(place(file, entry), 1)[0] == 'b') {
      throw FormatException.in(file.path(), "is big endian, which zonda does not read");
    }
  }

  private static long storagePlace(InputFile file, ZippedFile entry, PickleValue.Storage storage)
      throws FormatException {
    if (entry == null) {
      throw FormatException.in(file.path(), "has no entry data/" + storage.key());
    }
    long expected = storage.type().byteSize(storage.elements());
    if (entry.bytes() != expected) {
      throw FormatException.at(
          file.path(),
          entry.headerAt(),
          "entry '%s' has %d bytes, expected %d of a storage of %d %s"
              .formatted(
                  entry.name(), entry.bytes(), expected, storage.elements(), storage.type()));
    }
    return place(file, entry);
  }

  /// Where the bytes of an entry begin: they must lie in the file as they are.
  private static long place(InputFile file, ZippedFile entry) throws FormatException {
    if (!entry.isStored()) {
      throw FormatException.at(
          file.path(),
          entry.headerAt(),
          "entry '"
              + entry.name()
              + "' is compressed or encrypted, expected it to be stored unchanged");
    }
    return entry.place();
  }
}
