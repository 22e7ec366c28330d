package dev.zonda.formats.io;

import dev.zonda.formats.AtomicFile;
import dev.zonda.formats.TensorInfo;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/// Writes tensors at their planned places, in any order and from many threads, and knows what is
/// still missing.
public final class TensorWriter {
  /// Heap memory goes to the file through a buffer of this size.
  private static final long COPY_BYTES = 1L << 20;

  private static final long MOST_BYTES_AT_ONCE = 1L << 30;

  private final AtomicFile file;
  private final long fileBytes;
  private final Map<String, Progress> tensors;
  private boolean sealed;

  private record Progress(TensorInfo tensor, AtomicLong written) {}

  public TensorWriter(AtomicFile file, List<TensorInfo> tensors, long fileBytes) {
    this.file = file;
    this.fileBytes = fileBytes;
    this.tensors = HashMap.newHashMap(tensors.size());
    for (TensorInfo tensor : tensors) {
      this.tensors.put(tensor.name(), new Progress(tensor, new AtomicLong()));
    }
  }

  /// Writes what comes before the tensors, from the file's start.
  public void writeHeader(ByteBuffer header) throws IOException {
    writeFully(header, 0);
  }

  /// Writes some of a tensor's bytes. Each byte is to be written once.
  ///
  /// @throws IllegalArgumentException if the tensor is not of this file or the bytes are not all
  ///   within it
  public void write(TensorInfo tensor, long offsetInTensor, MemorySegment bytes)
      throws IOException {
    Progress progress = tensors.get(tensor.name());
    if (progress == null || !progress.tensor().equals(tensor)) {
      throw new IllegalArgumentException("'" + tensor.name() + "' is no tensor of this file");
    }
    if (offsetInTensor < 0 || offsetInTensor > tensor.bytes() - bytes.byteSize()) {
      throw new IllegalArgumentException(
          "%d bytes at %d of '%s', which has %d"
              .formatted(bytes.byteSize(), offsetInTensor, tensor.name(), tensor.bytes()));
    }
    long position = tensor.offset() + offsetInTensor;
    if (bytes.isNative()) {
      writeNative(bytes, position);
    } else {
      writeHeap(bytes, position);
    }
    progress.written().addAndGet(bytes.byteSize());
  }

  /// Puts the file on the disk, still without its name; nothing can be written any more.
  ///
  /// @throws IllegalStateException if a tensor was not written whole, or in part twice
  public void seal() throws IOException {
    for (Progress progress : tensors.values()) {
      if (progress.written().get() != progress.tensor().bytes()) {
        throw new IllegalStateException(
            "%d of %d bytes of '%s' were written"
                .formatted(
                    progress.written().get(), progress.tensor().bytes(), progress.tensor().name()));
      }
    }
    FileChannel channel = file.channel();
    if (channel.size() < fileBytes) {
      // What lies between tensors and behind the last was never written: it reads as zero.
      writeFully(ByteBuffer.allocate(1), fileBytes - 1);
    }
    file.seal();
    sealed = true;
  }

  /// Gives the file its name, sealed or not before.
  ///
  /// @throws IllegalStateException if a tensor was not written whole, or in part twice
  public void commit() throws IOException {
    if (!sealed) {
      seal();
    }
    file.commit();
  }

  private void writeNative(MemorySegment bytes, long position) throws IOException {
    for (long done = 0; done < bytes.byteSize(); done += MOST_BYTES_AT_ONCE) {
      long length = Math.min(MOST_BYTES_AT_ONCE, bytes.byteSize() - done);
      writeFully(bytes.asSlice(done, length).asByteBuffer(), position + done);
    }
  }

  private void writeHeap(MemorySegment bytes, long position) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(Math.min(COPY_BYTES, bytes.byteSize()));
      for (long done = 0; done < bytes.byteSize(); done += COPY_BYTES) {
        long length = Math.min(COPY_BYTES, bytes.byteSize() - done);
        MemorySegment.copy(bytes, done, buffer, 0, length);
        writeFully(buffer.asSlice(0, length).asByteBuffer(), position + done);
      }
    }
  }

  private void writeFully(ByteBuffer bytes, long position) throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      at += write(bytes, at);
    }
  }

  /// What the system says, `No space left on device` for example, does not name the file.
  private int write(ByteBuffer bytes, long position) throws IOException {
    try {
      return file.channel().write(bytes, position);
    } catch (ClosedChannelException e) {
      throw e;
    } catch (IOException e) {
      FileSystemException named =
          new FileSystemException(file.target().toString(), null, e.getMessage());
      named.initCause(e);
      throw named;
    }
  }
}
