package dev.zonda.formats.gguf;

import dev.zonda.formats.AtomicFile;
import dev.zonda.formats.OutputPolicy;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.io.Coverage;
import dev.zonda.formats.io.TensorWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;

/// Writes a GGUF v3 file, little endian, that appears whole or not at all.
///
/// Everything has its place from the start, so that tensors can be written in any order and from
/// many threads.
public final class GgufWriter implements AutoCloseable {
  private static final int MOST_ZEROS = 1 << 16;

  private final AtomicFile file;
  private final TensorWriter writer;

  private GgufWriter(AtomicFile file, TensorWriter writer) {
    this.file = file;
    this.writer = writer;
  }

  /// Starts the file and writes its header.
  ///
  /// @throws FileAlreadyExistsException if the target is there and must not be replaced
  public static GgufWriter create(Path target, GgufLayout layout, OverwritePolicy policy)
      throws IOException {
    return begin(AtomicFile.create(target, policy), layout, Coverage.none(layout.tensors()));
  }

  /// Goes on with a file of which some is there, or starts it.
  static GgufWriter partial(Path target, GgufLayout layout, OutputPolicy policy, Coverage coverage)
      throws IOException {
    AtomicFile file = AtomicFile.partial(target, policy);
    if (file.channel().size() > layout.fileBytes()) {
      file.channel().truncate(layout.fileBytes());
    }
    clearGaps(file, layout);
    return begin(file, layout, coverage);
  }

  /// No journal tells of the bytes between tensors, and what was left there may be damaged.
  private static void clearGaps(AtomicFile file, GgufLayout layout) throws IOException {
    long there = file.channel().size();
    // Where the header ends is less than an alignment before the data.
    long position = Math.max(0, layout.dataOffset() - layout.alignment());
    for (TensorInfo tensor : layout.tensors()) {
      clear(file, position, Math.min(tensor.offset(), there));
      position = tensor.offset() + tensor.bytes();
    }
    clear(file, position, Math.min(layout.fileBytes(), there));
  }

  private static void clear(AtomicFile file, long from, long to) throws IOException {
    for (long at = from; at < to; at += MOST_ZEROS) {
      file.write(ByteBuffer.allocate((int) Math.min(MOST_ZEROS, to - at)), at);
    }
  }

  private static GgufWriter begin(AtomicFile file, GgufLayout layout, Coverage coverage)
      throws IOException {
    try {
      file.write(out -> new GgufEncoder(out).header(layout));
      return new GgufWriter(file, new TensorWriter(file, coverage, layout.fileBytes()));
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /// Writes some of a tensor's bytes, little endian. Each byte is to be written once.
  ///
  /// @param tensor one of the layout
  /// @return the bytes' CRC-32C
  /// @throws IllegalArgumentException if the tensor is not of the layout or the bytes are not all
  ///   within it
  public int write(TensorInfo tensor, long offsetInTensor, MemorySegment bytes) throws IOException {
    return writer.write(tensor, offsetInTensor, bytes);
  }

  /// Puts the file on the disk, still without its name; nothing can be written any more. For files
  /// that are to appear together.
  ///
  /// @throws IllegalStateException if a tensor was not written whole
  void seal() throws IOException {
    writer.seal();
  }

  /// Puts the file on the disk and gives it its name.
  ///
  /// @throws IllegalStateException if a tensor was not written whole
  public void commit() throws IOException {
    writer.commit();
  }

  /// Takes the file's name back, as if there had been no [#commit].
  void withdraw() throws IOException {
    file.withdraw();
  }

  /// Without a [#commit] before, nothing remains.
  @Override
  public void close() throws IOException {
    file.close();
  }
}
