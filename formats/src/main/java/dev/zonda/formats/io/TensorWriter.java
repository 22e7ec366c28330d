package dev.zonda.formats.io;

import dev.zonda.formats.AtomicFile;
import dev.zonda.formats.TensorInfo;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.List;
import java.util.zip.CRC32C;

/// Writes tensors at their planned places, in any order and from many threads, and knows what is
/// still missing.
public final class TensorWriter {
  /// Heap memory goes to the file through a buffer of this size.
  private static final long COPY_BYTES = 1L << 20;

  private static final long MOST_BYTES_AT_ONCE = 1L << 30;

  private final AtomicFile file;
  private final long fileBytes;
  private final Coverage coverage;
  private boolean sealed;

  public TensorWriter(AtomicFile file, List<TensorInfo> tensors, long fileBytes) {
    this(file, Coverage.none(tensors), fileBytes);
  }

  /// Goes on with a file of which some is there.
  public TensorWriter(AtomicFile file, Coverage coverage, long fileBytes) {
    this.file = file;
    this.fileBytes = fileBytes;
    this.coverage = coverage;
  }

  /// Writes what comes before the tensors, from the file's start.
  public void writeHeader(ByteBuffer header) throws IOException {
    file.write(header, 0);
  }

  /// Writes some of a tensor's bytes. Each byte is to be written once.
  ///
  /// @return their CRC-32C
  /// @throws IllegalArgumentException if the tensor is not of this file or the bytes are not all
  ///   within it
  public int write(TensorInfo tensor, long offsetInTensor, MemorySegment bytes) throws IOException {
    coverage.requireWithin(tensor, offsetInTensor, bytes.byteSize());
    long position = tensor.offset() + offsetInTensor;
    CRC32C checksum = new CRC32C();
    if (bytes.isNative()) {
      writeNative(bytes, position, checksum);
    } else {
      writeHeap(bytes, position, checksum);
    }
    coverage.add(tensor, offsetInTensor, bytes.byteSize());
    return (int) checksum.getValue();
  }

  /// Puts the file on the disk, still without its name; nothing can be written any more.
  ///
  /// @throws IllegalStateException if a tensor was not written whole, or in part twice
  public void seal() throws IOException {
    coverage.requireWhole();
    FileChannel channel = file.channel();
    if (channel.size() < fileBytes) {
      // What lies between tensors and behind the last was never written: it reads as zero.
      file.write(ByteBuffer.allocate(1), fileBytes - 1);
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

  private void writeNative(MemorySegment bytes, long position, CRC32C checksum) throws IOException {
    for (long done = 0; done < bytes.byteSize(); done += MOST_BYTES_AT_ONCE) {
      long length = Math.min(MOST_BYTES_AT_ONCE, bytes.byteSize() - done);
      MemorySegment piece = bytes.asSlice(done, length);
      checksum.update(piece.asByteBuffer());
      file.write(piece.asByteBuffer(), position + done);
    }
  }

  private void writeHeap(MemorySegment bytes, long position, CRC32C checksum) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(Math.min(COPY_BYTES, bytes.byteSize()));
      for (long done = 0; done < bytes.byteSize(); done += COPY_BYTES) {
        long length = Math.min(COPY_BYTES, bytes.byteSize() - done);
        MemorySegment.copy(bytes, done, buffer, 0, length);
        MemorySegment piece = buffer.asSlice(0, length);
        checksum.update(piece.asByteBuffer());
        file.write(piece.asByteBuffer(), position + done);
      }
    }
  }
}
