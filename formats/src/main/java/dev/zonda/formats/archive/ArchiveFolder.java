package dev.zonda.formats.archive;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.io.Folder;
import dev.zonda.formats.io.MappedFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A folder in an archive. Its files are parts of the archive's mapping: nothing is unpacked, and
/// nothing is written.
///
/// The folder is the one that holds `config.json` (or `params.json`, in Mistral's and Meta's own
/// layouts), which must be one only.
public final class ArchiveFolder implements Folder {
  private static final List<String> MARKS = List.of("config.json", "params.json");

  private final MappedFile archive;
  private final Map<String, ArchiveEntry> entries;
  private final String prefix;

  private ArchiveFolder(MappedFile archive, Map<String, ArchiveEntry> entries, String prefix) {
    this.archive = archive;
    this.entries = entries;
    this.prefix = prefix;
  }

  /// Opens the folder in an archive, if the file is one.
  ///
  /// @return nothing if the file is neither a tar nor a zip archive, or a zip archive without
  ///   `config.json`, as PyTorch's files are
  /// @throws FormatException if the archive is broken or compressed, names files outside of itself,
  ///   or holds more than one model
  public static Optional<ArchiveFolder> open(Path path) throws IOException {
    MappedFile file = MappedFile.open(path);
    try {
      Optional<ArchiveFolder> folder = open(file);
      if (folder.isEmpty()) {
        file.close();
      }
      return folder;
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private static Optional<ArchiveFolder> open(MappedFile file) throws IOException {
    if (TarEntries.matches(file)) {
      return Optional.of(inside(file, TarEntries.read(file)));
    }
    if (ZipEntries.matches(file)) {
      Map<String, ArchiveEntry> entries = ZipEntries.read(file);
      return entries.keySet().stream().anyMatch(ArchiveFolder::isMark)
          ? Optional.of(inside(file, entries))
          : Optional.empty();
    }
    return Optional.empty();
  }

  private static ArchiveFolder inside(MappedFile file, Map<String, ArchiveEntry> entries)
      throws FormatException {
    List<String> folders =
        entries.keySet().stream()
            .filter(ArchiveFolder::isMark)
            .map(name -> name.substring(0, name.lastIndexOf('/') + 1))
            .distinct()
            .sorted(
                Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder()))
            .toList();
    if (folders.isEmpty()) {
      throw FormatException.in(
          file.path(), "holds no config.json and no params.json: no checkpoint folder");
    }
    String outermost = folders.getFirst();
    // Some checkpoints carry another layout of the same model in a folder below.
    if (!folders.stream().allMatch(folder -> folder.startsWith(outermost))) {
      throw FormatException.in(
          file.path(),
          "holds more than one model, in '%s' and in '%s'".formatted(outermost, folders.getLast()));
    }
    return new ArchiveFolder(file, entries, outermost);
  }

  private static boolean isMark(String name) {
    return MARKS.contains(name.substring(name.lastIndexOf('/') + 1));
  }

  /// The archive, and the folder in it.
  @Override
  public Path path() {
    return archive.path().resolve(prefix);
  }

  /// The folder's, or the archive's where it is not in a folder of its own.
  @Override
  public String name() {
    String file = archive.path().toAbsolutePath().getFileName().toString();
    return prefix.isEmpty()
        ? file.replaceFirst("\\.(tar|zip)$", "")
        : path().getFileName().toString();
  }

  @Override
  public Optional<Path> archive() {
    return Optional.of(archive.path());
  }

  @Override
  public List<String> list(String folder) {
    String start = prefix + (folder.isEmpty() ? "" : folder + "/");
    return entries.keySet().stream()
        .filter(name -> name.startsWith(start) && name.indexOf('/', start.length()) < 0)
        .map(name -> name.substring(start.length()))
        .sorted()
        .toList();
  }

  @Override
  public Optional<MappedFile> open(String name) throws IOException {
    ArchiveEntry entry = entries.get(prefix + EntryName.checked(archive.path(), name));
    if (entry == null) {
      return Optional.empty();
    }
    return Optional.of(archive.part(path().resolve(name), entry.offset(archive), entry.bytes()));
  }

  @Override
  public void close() {
    archive.close();
  }
}
