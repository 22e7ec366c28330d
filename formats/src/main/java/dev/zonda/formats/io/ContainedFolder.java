package dev.zonda.formats.io;

import dev.zonda.formats.FormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/// A folder whose files may name each other, but nothing outside: neither by `..`, nor by an
/// absolute path, nor by a symbolic link.
///
/// One exception: links of the Hugging Face hub's cache to its blobs; others are followed if the
/// user wants it.
public final class ContainedFolder implements Folder {
  private final Path path;
  private final List<Path> roots;
  private final Links links;

  private ContainedFolder(Path path, List<Path> roots, Links links) {
    this.path = path;
    this.roots = roots;
    this.links = links;
  }

  /// Opens a folder; for a repository in the Hugging Face hub's cache, opens its snapshot.
  ///
  /// @throws NoSuchFileException if there is no such folder
  /// @throws FormatException if it is a file
  public static ContainedFolder open(Path given, Links links) throws IOException {
    if (!Files.exists(given)) {
      throw new NoSuchFileException(given.toString());
    }
    if (!Files.isDirectory(given)) {
      throw FormatException.in(given, "is a file, expected a folder");
    }
    Path path = HubCache.snapshot(given);
    Path real = path.toRealPath();
    List<Path> roots = new ArrayList<>(List.of(real));
    HubCache.blobs(real).ifPresent(roots::add);
    return new ContainedFolder(path, List.copyOf(roots), links);
  }

  @Override
  public Optional<String> repository() {
    return HubCache.repository(path);
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public List<String> list(String folder) throws IOException {
    Path listed = folder.isEmpty() ? path : resolve(folder);
    return Files.isDirectory(listed) ? names(listed, Files::isRegularFile) : List.of();
  }

  @Override
  public List<String> folders() throws IOException {
    return names(path, Files::isDirectory);
  }

  private static List<String> names(Path folder, Predicate<Path> isWanted) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(isWanted).map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Override
  public Optional<InputFile> open(String name) throws IOException {
    Optional<Path> file = find(name);
    return file.isEmpty() ? Optional.empty() : Optional.of(MappedFile.open(file.get()));
  }

  /// The file of that name, if there is one.
  ///
  /// @param name relative to the folder
  /// @throws FormatException if the name or a symbolic link leads out of the folder, or if the file
  ///   is a folder, a device or the like
  private Optional<Path> find(String name) throws IOException {
    Path file = resolve(name);
    if (!Files.exists(file)) {
      if (Files.isSymbolicLink(file)) {
        throw FormatException.in(file, "is a symbolic link to nothing or to itself");
      }
      return Optional.empty();
    }
    Path real = file.toRealPath();
    if (links == Links.WITHIN && roots.stream().noneMatch(real::startsWith)) {
      throw FormatException.in(
          file,
          "is a symbolic link that leads out of the folder, to %s: give --follow-links if that is wanted"
              .formatted(real));
    }
    if (!Files.isRegularFile(real)) {
      throw FormatException.in(
          file, Files.isDirectory(real) ? "is a folder, expected a file" : "is not a regular file");
    }
    return Optional.of(file);
  }

  @Override
  public Optional<Folder> parent() throws IOException {
    Path parent = path.toAbsolutePath().normalize().getParent();
    return parent == null ? Optional.empty() : Optional.of(open(parent, links));
  }

  /// Files are closed separately.
  @Override
  public void close() {}

  private Path resolve(String name) throws FormatException {
    try {
      Path relative = Path.of(name);
      if (name.isEmpty()
          || relative.isAbsolute()
          || relative.getRoot() != null
          || !relative.normalize().equals(relative)
          || relative.startsWith("..")) {
        throw FormatException.in(path, "'" + name + "' is not a path within the folder");
      }
      return path.resolve(relative);
    } catch (InvalidPathException e) {
      throw FormatException.in(path, "'" + name + "' is not a valid path", e);
    }
  }
}
