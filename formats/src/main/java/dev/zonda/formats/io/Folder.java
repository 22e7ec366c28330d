package dev.zonda.formats.io;

import dev.zonda.formats.FormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// Files that belong together and may name each other, but nothing outside: a folder on disk, or
/// one in an archive.
public interface Folder extends AutoCloseable {
  /// What to call it in messages; files within resolve against it.
  Path path();

  /// The name of the model in it, as far as the folder tells.
  default String name() {
    Path name = path().toAbsolutePath().normalize().getFileName();
    return name == null ? "model" : name.toString();
  }

  /// The id of the hub's repository that it is a copy of, such as `mistralai/Mistral-7B-v0.1`, if
  /// its place says so.
  default Optional<String> repository() {
    return Optional.empty();
  }

  /// The archive that the folder is in, if it is in one.
  default Optional<Path> archive() {
    return Optional.empty();
  }

  /// The names of the files that lie directly in a folder within it, sorted; none if there is no
  /// such folder.
  ///
  /// @param folder relative, empty for this one itself
  List<String> list(String folder) throws IOException;

  /// The names of the folders that lie directly in it, sorted.
  List<String> folders() throws IOException;

  /// Opens the file of that name, if there is one. The caller closes it.
  ///
  /// @param name relative to the folder
  /// @throws FormatException if the name leads out of the folder, or to something that is not a
  ///   regular file, or if the file is a Git LFS pointer
  Optional<InputFile> open(String name) throws IOException;

  /// The folder that this one lies in, if it is on disk.
  default Optional<Folder> parent() throws IOException {
    return Optional.empty();
  }

  @Override
  void close();
}
