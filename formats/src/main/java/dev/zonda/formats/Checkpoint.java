package dev.zonda.formats;

import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// Tensors that lie in one or more files on disk, opened for reading.
///
/// Files on disk are mapped, not read: opening reads only the headers. Segments from [#data] are
/// read-only and die with [#close]. Safe for use by many threads.
public interface Checkpoint extends AutoCloseable {
  /// The file or folder that was opened.
  Path path();

  /// The files that hold tensors.
  default List<Path> files() {
    return List.of(path());
  }

  /// The format's common name and version, for example `GGUF v3` or `safetensors`.
  String format();

  /// Key/values in file order: GGUF's metadata, or the `__metadata__` strings of safetensors.
  Metadata metadata();

  /// All tensors: in a file's own order, and shard after shard.
  List<TensorInfo> tensors();

  Optional<TensorInfo> find(String name);

  /// The bytes of a tensor of this checkpoint, little endian: a view of the mapped file, or a copy
  /// in memory where the file holds them in another order. Read large ones in parts.
  ///
  /// @throws IllegalArgumentException if the tensor is not of this checkpoint
  MemorySegment data(TensorInfo tensor);

  /// A part of the bytes of a tensor, from one value to another.
  ///
  /// @param offset of the first byte in the tensor
  /// @param scratch at least as many bytes, which may be used
  /// @return a read-only view of a mapped file, or the start of the scratch
  /// @throws IllegalArgumentException if the tensor is not of this checkpoint
  /// @throws UncheckedIOException if the file is in a compressed archive that turns out to be
  ///   broken
  default MemorySegment data(TensorInfo tensor, long offset, long length, MemorySegment scratch) {
    return data(tensor).asSlice(offset, length);
  }

  /// The position of a tensor's bytes, from an offset on, in a source that can only be read in
  /// order, such as a compressed archive; empty if any order is as good as any other.
  ///
  /// @throws IllegalArgumentException if the tensor is not of this checkpoint
  default OptionalLong position(TensorInfo tensor, long offset) {
    return OptionalLong.empty();
  }

  @Override
  void close();
}
