package dev.zonda.formats.gguf;

import dev.zonda.formats.AtomicFile;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.io.TensorWriter;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;

/// Writes a GGUF v3 file, little endian, that appears whole or not at all.
///
/// Everything has its place from the start, so that tensors can be written in any order and from
/// many threads.
public final class GgufWriter implements AutoCloseable {
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
    AtomicFile file = AtomicFile.create(target, policy);
    try {
      // Not closed: that would close the channel.
      OutputStream out =
          new BufferedOutputStream(Channels.newOutputStream(file.channel()), 1 << 16);
      new GgufEncoder(out).header(layout);
      out.flush();
      return new GgufWriter(file, new TensorWriter(file, layout.tensors(), layout.fileBytes()));
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

  /// Without a [#commit] before, nothing remains.
  @Override
  public void close() throws IOException {
    file.close();
  }
}
