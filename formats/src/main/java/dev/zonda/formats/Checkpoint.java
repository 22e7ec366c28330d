package dev.zonda.formats;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// Tensors that lie in one or more files on disk, opened for reading.
///
/// The files are mapped, not read: opening costs the header alone. Segments from [#data] are
/// read-only and die with [#close]. Safe for use by many threads.
public interface Checkpoint extends AutoCloseable {
  /// The file or folder that was opened.
  Path path();

  /// The format's common name and version, for example `GGUF v3` or `safetensors`.
  String format();

  /// Key/values in file order: GGUF's metadata, or the `__metadata__` strings of safetensors.
  Metadata metadata();

  /// All tensors: in a file's own order, and shard after shard.
  List<TensorInfo> tensors();

  Optional<TensorInfo> find(String name);

  /// The bytes of a tensor of this checkpoint, little endian.
  ///
  /// @throws IllegalArgumentException if the tensor is not of this checkpoint
  MemorySegment data(TensorInfo tensor);

  @Override
  void close();
}
