package dev.zonda.formats.io;

import dev.zonda.formats.FormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.OptionalLong;

/// A file to be read at any place: one on disk, a part of one, or one that comes out of a
/// compressed archive. Safe for use by many threads.
public interface InputFile extends AutoCloseable {
  /// What to call it in messages.
  Path path();

  long size();

  /// Some of the bytes.
  ///
  /// @param scratch at least as many bytes, which may be used
  /// @return a read-only view that dies with the file, or the start of the scratch
  /// @throws FormatException if a compressed archive turns out to be broken
  /// @throws IndexOutOfBoundsException if they do not lie within the file
  MemorySegment read(long offset, long length, MemorySegment scratch) throws IOException;

  /// The position of a byte in a source that can only be read in order, such as a compressed
  /// archive: going back means starting again. Empty if any order is as good as any other.
  default OptionalLong position(long offset) {
    return OptionalLong.empty();
  }

  /// Some of the bytes, few enough to be held in memory.
  default MemorySegment bytes(long offset, long length) throws IOException {
    return read(offset, length, Arena.ofAuto().allocate(length)).asReadOnly();
  }

  /// The same as an array.
  default byte[] copy(long offset, long length) throws IOException {
    byte[] copy = new byte[Math.toIntExact(length)];
    readInto(offset, MemorySegment.ofArray(copy));
    return copy;
  }

  /// Fills a segment with the bytes from an offset on.
  default void readInto(long offset, MemorySegment target) throws IOException {
    MemorySegment found = read(offset, target.byteSize(), target);
    boolean isThere =
        target.asOverlappingSlice(found).isPresent() && found.address() == target.address();
    if (!isThere) {
      MemorySegment.copy(found, 0, target, 0, target.byteSize());
    }
  }

  /// Values of a tensor, for callers that cannot throw an IOException.
  ///
  /// @throws UncheckedIOException if reading fails
  default MemorySegment values(long offset, long length, MemorySegment scratch) {
    try {
      return read(offset, length, scratch);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// A cursor over a part that is small enough to be held in memory. Its positions count from the
  /// start of the file.
  ///
  /// @param length of the part; it ends with the file at the latest
  default ByteCursor cursor(long from, long length) throws IOException {
    return new ByteCursor(path(), from, bytes(from, Math.min(length, size() - from)));
  }

  @Override
  void close();
}
