package dev.zonda.formats.gguf;

import dev.zonda.formats.Metadata;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.output.FileSet;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// A model in GGUF's terms: GGUF metadata, GGUF tensor names, and the bytes of any range of rows.
///
/// A [GgufFile] is one, and so is a checkpoint folder seen through its conversion, where rows are
/// computed when asked for. The quantizer and the verifier read models through this interface
/// alone. Safe for use by many threads.
public interface GgufModel extends AutoCloseable {
  /// What to call this model in messages: the file or folder.
  String name();

  Metadata metadata();

  /// What the source says of its network that GGUF has no key for, under names in GGUF's style. No
  /// file ever holds it.
  default Metadata unwritten() {
    return Metadata.empty();
  }

  /// All tensors in file order.
  List<TensorInfo> tensors();

  /// Bytes of the weights as they are stored.
  default long storedBytes() {
    return tensors().stream().mapToLong(TensorInfo::bytes).sum();
  }

  /// A cheap way to tell one model from another: a hash of everything in its files except values.
  ///
  /// @throws IOException if a small file of a folder cannot be read
  default String headerDigest() throws IOException {
    List<TensorSpec> specs = tensors().stream().map(TensorInfo::spec).toList();
    return FileSet.of(GgufLayout.plan(metadata(), specs)).fingerprint();
  }

  /// The tensors of each of the files that the model's weights lie in: in one file all of them.
  default List<List<TensorInfo>> tensorsByFile() {
    return List.of(tensors());
  }

  /// The files that the weights lie in.
  default List<Path> files() {
    return List.of();
  }

  Optional<TensorInfo> find(String tensorName);

  /// The bytes of consecutive rows, in the tensor's own type, little endian.
  ///
  /// @param tensor one of [#tensors]
  /// @param firstRow from 0 to the tensor's `shape().rows()`
  /// @param rowCount number of rows
  /// @param scratch at least `rowCount * tensor.rowBytes()` bytes that the model may use
  /// @return the rows: either a read-only view of a mapped file, or the start of the scratch
  /// @throws IOException if the rows cannot be read or computed
  MemorySegment rows(TensorInfo tensor, long firstRow, long rowCount, MemorySegment scratch)
      throws IOException;

  /// The order in which rows are best read; empty if any is as good as any other.
  default Optional<ReadingOrder> readingOrder() {
    return Optional.empty();
  }

  @Override
  void close();
}
