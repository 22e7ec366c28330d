package dev.zonda.formats.safetensors;

import dev.zonda.formats.AtomicFile;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.io.TensorWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;

/// Writes a safetensors file that appears whole or not at all.
///
/// Everything has its place from the start, so that tensors can be written in any order and from
/// many threads.
public final class SafetensorsWriter implements AutoCloseable {
  private final AtomicFile file;
  private final TensorWriter writer;

  private SafetensorsWriter(AtomicFile file, TensorWriter writer) {
    this.file = file;
    this.writer = writer;
  }

  /// Starts the file and writes its header.
  ///
  /// @throws FileAlreadyExistsException if the target is there and must not be replaced
  public static SafetensorsWriter create(
      Path target, SafetensorsLayout layout, OverwritePolicy policy) throws IOException {
    AtomicFile file = AtomicFile.create(target, policy);
    try {
      TensorWriter writer = new TensorWriter(file, layout.tensors(), layout.fileBytes());
      byte[] header = layout.header();
      writer.writeHeader(
          ByteBuffer.allocate(Long.BYTES + header.length)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(header.length)
              .put(header)
              .flip());
      return new SafetensorsWriter(file, writer);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /// Writes some of a tensor's bytes, little endian. Each byte is to be written once.
  ///
  /// @param tensor one of the layout
  /// @throws IllegalArgumentException if the tensor is not of the layout or the bytes are not all
  ///   within it
  public void write(TensorInfo tensor, long offsetInTensor, MemorySegment bytes)
      throws IOException {
    writer.write(tensor, offsetInTensor, bytes);
  }

  /// Puts the file on the disk and gives it its name.
  ///
  /// @throws IllegalStateException if a tensor was not written whole
  public void commit() throws IOException {
    writer.commit();
  }

  /// Without a [#commit] before, nothing remains.
  @Override
  public void close() throws IOException {
    file.close();
  }
}
