package dev.zonda.inspect;

import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.TensorInfo;
import dev.zonda.quantize.ProgressListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The files of a checkpoint and what is stored in them.
///
/// @param format of the tensors, for example `GGUF v3`
/// @param files with tensors
/// @param metadata of the files; strings in a file may be hostile to a terminal
/// @param tensors in file order
/// @param types the share of each type
public record StoredFiles(
    String format,
    List<StoredFile> files,
    Metadata metadata,
    List<TensorInfo> tensors,
    List<TypeShare> types) {

  public StoredFiles {
    files = List.copyOf(files);
    tensors = List.copyOf(tensors);
    types = List.copyOf(types);
  }

  /// A file with tensors.
  ///
  /// @param path where it lies
  /// @param bytes its size
  /// @param sha256 of the whole file, if it was asked for
  public record StoredFile(Path path, long bytes, Optional<String> sha256) {}

  /// A file of a split model.
  ///
  /// @param number from 1 on
  /// @param of how many there are
  public record Part(long number, long of) {}

  static StoredFiles of(Checkpoint checkpoint, List<Path> paths) throws IOException {
    List<StoredFile> files = new ArrayList<>();
    for (Path path : paths) {
      files.add(new StoredFile(path, Files.size(path), Optional.empty()));
    }
    List<TensorInfo> tensors = checkpoint.tensors();
    return new StoredFiles(
        checkpoint.format(), files, checkpoint.metadata(), tensors, TypeShare.of(tensors));
  }

  /// Which file of a split model it is, if the others are not there.
  public Optional<Part> part() {
    long of = metadata.integer("split.count").orElse(1);
    return of > files.size()
        ? Optional.of(new Part(metadata.integer("split.no").orElse(0) + 1, of))
        : Optional.empty();
  }

  /// Values in all tensors, as they are stored.
  long values() {
    return types.stream().mapToLong(TypeShare::parameters).reduce(0, Math::addExact);
  }

  /// Size of all files.
  public long bytes() {
    return files.stream().mapToLong(StoredFile::bytes).reduce(0, Math::addExact);
  }

  /// Size of the tensors' data.
  public long tensorBytes() {
    return types.stream().mapToLong(TypeShare::bytes).reduce(0, Math::addExact);
  }

  /// The same with the hash of every file, which means reading them whole.
  StoredFiles hashed(ProgressListener progress) throws IOException {
    List<StoredFile> hashed = new ArrayList<>();
    progress.started("hashing", bytes(), "bytes");
    for (StoredFile file : files) {
      String sha256 = FileHash.sha256(file.path(), progress);
      hashed.add(new StoredFile(file.path(), file.bytes(), Optional.of(sha256)));
    }
    progress.finished();
    return new StoredFiles(format, hashed, metadata, tensors, types);
  }
}
