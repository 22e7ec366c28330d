package dev.zonda.formats.archive;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.io.Folder;
import dev.zonda.formats.io.InputFile;
import dev.zonda.formats.io.LfsPointer;
import dev.zonda.formats.io.MappedFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// A folder in an archive. Uncompressed files are parts of the archive's mapping, and compressed
/// ones are decoded as they are read: nothing is unpacked to disk.
///
/// The folder is the one that holds `config.json` (or `params.json`, in Mistral's and Meta's own
/// layouts). There must be only one.
public final class ArchiveFolder implements Folder {
  private static final List<String> MARKS = List.of("config.json", "params.json");

  private static final int BLOCK_BYTES = 1 << 20;

  /// How much of compressed archives may be held in memory.
  ///
  /// @param keptBytes of small files and headers
  /// @param windowBlocks number of blocks, those decoded last
  record Limits(long keptBytes, int blockBytes, int windowBlocks) {
    static final Limits DEFAULT = new Limits(64L << 20, BLOCK_BYTES, 64);
  }

  private final MappedFile archive;
  private final BlockWindow window;
  private final Map<String, ArchiveEntry> entries;
  private final String prefix;

  private ArchiveFolder(
      MappedFile archive, BlockWindow window, Map<String, ArchiveEntry> entries, String prefix) {
    this.archive = archive;
    this.window = window;
    this.entries = entries;
    this.prefix = prefix;
  }

  /// Opens the folder in an archive, if the file is an archive.
  ///
  /// @return nothing if the file is neither a tar nor a zip archive, or a zip archive without
  ///   `config.json`, as PyTorch's files are
  /// @throws FormatException if the archive is broken, names files outside of itself, or holds more
  ///   than one model
  public static Optional<ArchiveFolder> open(Path path) throws IOException {
    return open(path, Limits.DEFAULT);
  }

  static Optional<ArchiveFolder> open(Path path, Limits limits) throws IOException {
    MappedFile file = MappedFile.open(path);
    BlockWindow window = new BlockWindow(limits.blockBytes(), limits.windowBlocks());
    boolean isOpen = false;
    try {
      Optional<Map<String, ArchiveEntry>> entries = entries(file, window, limits);
      if (entries.isEmpty()) {
        return Optional.empty();
      }
      ArchiveFolder folder =
          new ArchiveFolder(file, window, entries.get(), prefix(path, entries.get().keySet()));
      isOpen = true;
      return Optional.of(folder);
    } finally {
      if (!isOpen) {
        window.close();
        file.close();
      }
    }
  }

  /// Whether a file is an archive that may stand for a folder: cheap, whatever its size.
  ///
  /// @throws FormatException if it is a broken zip archive
  public static boolean isArchive(Path path) throws IOException {
    try (MappedFile file = MappedFile.open(path)) {
      return TarEntries.matches(file.bytes())
          || CompressedTar.matches(file).isPresent()
          || zipped(file).isPresent();
    }
  }

  private static Optional<Map<String, ArchiveEntry>> entries(
      MappedFile file, BlockWindow window, Limits limits) throws IOException {
    if (TarEntries.matches(file.bytes())) {
      return Optional.of(inPlace(file));
    }
    Optional<Compression> compression = CompressedTar.matches(file);
    if (compression.isPresent()) {
      return Optional.of(CompressedTar.read(file, compression.get(), window, limits.keptBytes()));
    }
    return zipped(file).map(files -> CompressedZip.entries(file, files, window));
  }

  private static Map<String, ArchiveEntry> inPlace(MappedFile file) throws IOException {
    Map<String, ArchiveEntry> entries = new HashMap<>();
    TarEntries.read(
        file.path(),
        new TarStream(new SegmentStream(file.bytes())),
        (name, at, bytes, _) -> {
          if (bytes > file.size() - at) {
            throw FormatException.in(
                file.path(),
                "'%s' takes %d bytes, beyond the end of the archive; is it truncated?"
                    .formatted(name, bytes));
          }
          entries.put(name, path -> file.part(path, at, bytes));
        });
    return entries;
  }

  private static Optional<Map<String, ZippedFile>> zipped(MappedFile file) throws IOException {
    return ZipEntries.matches(file)
        ? Optional.of(ZipEntries.read(file))
            .filter(files -> files.keySet().stream().anyMatch(ArchiveFolder::isMark))
        : Optional.empty();
  }

  /// What the names of the model's files begin with.
  private static String prefix(Path archive, Set<String> names) throws FormatException {
    List<String> folders =
        names.stream()
            .filter(ArchiveFolder::isMark)
            .map(name -> name.substring(0, name.lastIndexOf('/') + 1))
            .distinct()
            .sorted(
                Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder()))
            .toList();
    if (folders.isEmpty()) {
      throw FormatException.in(
          archive, "holds no config.json and no params.json, expected a checkpoint folder");
    }
    String outermost = folders.getFirst();
    // Some checkpoints carry another layout of the same model in a folder below.
    if (!folders.stream().allMatch(folder -> folder.startsWith(outermost))) {
      throw FormatException.in(
          archive,
          "holds more than one model, in '%s' and in '%s': unpack the one that you want"
              .formatted(outermost, folders.getLast()));
    }
    return outermost;
  }

  private static boolean isMark(String name) {
    return MARKS.contains(name.substring(name.lastIndexOf('/') + 1));
  }

  /// The archive, and the folder in it.
  @Override
  public Path path() {
    return archive.path().resolve(prefix);
  }

  /// The folder's name, or the archive's if the files are not in a folder of their own.
  @Override
  public String name() {
    String file = archive.path().toAbsolutePath().getFileName().toString();
    return prefix.isEmpty()
        ? file.replaceFirst("\\.(tar(\\.(gz|zst))?|tgz|tzst|zip)$", "")
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
  public List<String> folders() {
    return entries.keySet().stream()
        .filter(name -> name.startsWith(prefix) && name.indexOf('/', prefix.length()) >= 0)
        .map(name -> name.substring(prefix.length(), name.indexOf('/', prefix.length())))
        .distinct()
        .sorted()
        .toList();
  }

  @Override
  public Optional<InputFile> open(String name) throws IOException {
    ArchiveEntry entry = entries.get(prefix + EntryName.checked(archive.path(), name));
    if (entry == null) {
      return Optional.empty();
    }
    InputFile file = entry.open(path().resolve(name));
    try {
      LfsPointer.refuse(file);
      return Optional.of(file);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  @Override
  public void close() {
    window.close();
    archive.close();
  }
}
