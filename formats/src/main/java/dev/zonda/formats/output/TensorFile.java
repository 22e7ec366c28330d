package dev.zonda.formats.output;

import dev.zonda.formats.AtomicFile;
import dev.zonda.formats.OutputPolicy;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.TensorInfo;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/// Writes a file of tensors that appears whole or not at all.
///
/// Everything has its place from the start, so that tensors can be written in any order and from
/// many threads; the file knows what is still missing.
public final class TensorFile implements AutoCloseable {
  /// Heap memory goes to the file through a buffer of this size.
  private static final long COPY_BYTES = 1L << 20;

  private static final long MOST_BYTES_AT_ONCE = 1L << 30;
  private static final int MOST_ZEROS = 1 << 16;

  private final AtomicFile file;
  private final FileLayout layout;
  private final Coverage coverage;
  private boolean sealed;

  private TensorFile(AtomicFile file, FileLayout layout, Coverage coverage) {
    this.file = file;
    this.layout = layout;
    this.coverage = coverage;
  }

  /// Starts the file and writes its header.
  ///
  /// @throws FileAlreadyExistsException if the target exists and must not be replaced
  public static TensorFile create(Path target, FileLayout layout, OverwritePolicy policy)
      throws IOException {
    AtomicFile file = AtomicFile.create(target, policy);
    return begun(new TensorFile(file, layout, Coverage.none(layout.tensors())));
  }

  /// Resumes a partly written file, or starts it.
  ///
  /// @param coverage what is there of the layout's tensors
  static TensorFile partial(Path target, FileLayout layout, OutputPolicy policy, Coverage coverage)
      throws IOException {
    return begun(new TensorFile(AtomicFile.partial(target, policy), layout, coverage));
  }

  private static TensorFile begun(TensorFile begun) throws IOException {
    try {
      begun.begin();
      return begun;
    } catch (IOException | RuntimeException e) {
      begun.close();
      throw e;
    }
  }

  private void begin() throws IOException {
    if (file.channel().size() > layout.fileBytes()) {
      file.channel().truncate(layout.fileBytes());
    }
    file.write(layout::writeHeader);
    clearGaps(file.channel().position());
  }

  /// No journal tells of the bytes between tensors, and what was left there may be damaged.
  private void clearGaps(long headerBytes) throws IOException {
    long there = file.channel().size();
    long position = headerBytes;
    for (TensorInfo tensor : layout.tensors()) {
      clear(position, Math.min(tensor.offset(), there));
      position = tensor.offset() + tensor.bytes();
    }
    clear(position, Math.min(layout.fileBytes(), there));
  }

  private void clear(long from, long to) throws IOException {
    for (long at = from; at < to; at += MOST_ZEROS) {
      file.write(ByteBuffer.allocate((int) Math.min(MOST_ZEROS, to - at)), at);
    }
  }

  /// Writes some of a tensor's bytes, little endian. Each byte is to be written once.
  ///
  /// @param tensor one of the layout
  /// @param offsetInTensor of the first byte, from the start of the tensor
  /// @return the bytes' CRC-32C
  /// @throws IllegalArgumentException if the tensor is not of the layout or the bytes are not all
  ///   within it
  /// @throws FileSystemException if the system cannot write them; it names the target
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

  /// Puts the file on the disk, still without its name; nothing can be written any more. For files
  /// that are to appear together.
  ///
  /// @throws IllegalStateException if a tensor was not written whole, or in part twice
  void seal() throws IOException {
    coverage.requireWhole();
    if (file.channel().size() < layout.fileBytes()) {
      // What lies between tensors and after the last was never written: it reads as zero.
      file.write(ByteBuffer.allocate(1), layout.fileBytes() - 1);
    }
    file.seal();
    sealed = true;
  }

  /// Puts the file on the disk and gives it its name.
  ///
  /// @throws IllegalStateException if a tensor was not written whole, or in part twice
  /// @throws FileAlreadyExistsException if the target has appeared meanwhile and must not be
  ///   replaced
  public void commit() throws IOException {
    if (!sealed) {
      seal();
    }
    file.commit();
  }

  /// Takes the file's name back, as if there had been no [#commit].
  void withdraw() throws IOException {
    file.withdraw();
  }

  /// Without a [#commit] before, nothing remains except what the policy keeps.
  @Override
  public void close() throws IOException {
    file.close();
  }
}
