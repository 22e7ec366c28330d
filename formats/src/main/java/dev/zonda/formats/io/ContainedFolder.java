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
/// One exception: the cache of the Hugging Face hub keeps a repository's files in `blobs`, and its
/// `snapshots/REVISION` are folders of links into it.
public final class ContainedFolder implements Folder {
  private final Path path;
  private final List<Path> roots;

  private ContainedFolder(Path path, List<Path> roots) {
    this.path = path;
    this.roots = roots;
  }

  /// @throws NoSuchFileException if there is no such folder
  /// @throws FormatException if it is a file
  public static ContainedFolder open(Path path) throws IOException {
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString());
    }
    if (!Files.isDirectory(path)) {
      throw FormatException.in(path, "is a file, expected a folder");
    }
    Path real = path.toRealPath();
    List<Path> roots = new ArrayList<>(List.of(real));
    Path snapshots = real.getParent();
    if (snapshots != null && snapshots.endsWith("snapshots")) {
      Path blobs = snapshots.resolveSibling("blobs");
      if (Files.isDirectory(blobs)) {
        roots.add(blobs.toRealPath());
      }
    }
    return new ContainedFolder(path, List.copyOf(roots));
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
        throw FormatException.in(file, "is a symbolic link to nothing, or to itself");
      }
      return Optional.empty();
    }
    Path real = file.toRealPath();
    if (roots.stream().noneMatch(real::startsWith)) {
      throw FormatException.in(file, "is a symbolic link that leads out of the folder, to " + real);
    }
    if (!Files.isRegularFile(real)) {
      throw FormatException.in(
          file, Files.isDirectory(real) ? "is a folder, expected a file" : "is no ordinary file");
    }
    return Optional.of(file);
  }

  @Override
  public Optional<Folder> parent() throws IOException {
    Path parent = path.toAbsolutePath().normalize().getParent();
    return parent == null ? Optional.empty() : Optional.of(open(parent));
  }

  /// Files close by themselves.
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
        throw FormatException.in(path, "'" + name + "' is no path within the folder");
      }
      return path.resolve(relative);
    } catch (InvalidPathException e) {
      throw FormatException.in(path, "'" + name + "' is no path", e);
    }
  }
}
