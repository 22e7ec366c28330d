package dev.zonda.formats.io;

import dev.zonda.formats.FormatException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;

/// Reads a header field by field and never past its end.
///
/// Every length is checked against the bytes that remain before anything is allocated, and every
/// fault names the file, the offset and the field. Starts little endian.
public final class ByteCursor {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path file;
  private final MemorySegment bytes;

  /// Where the bytes begin in the file.
  private final long base;

  private final long end;
  private ByteOrder order = ByteOrder.LITTLE_ENDIAN;
  private long position;

  /// @param bytes of the file, from its start
  /// @param limit the most bytes that may be read
  public ByteCursor(Path file, MemorySegment bytes, long limit) {
    this.file = file;
    this.bytes = bytes;
    this.base = 0;
    this.end = Math.min(bytes.byteSize(), limit);
  }

  /// A cursor over a part of a file.
  ///
  /// @param base where the part begins in the file
  ByteCursor(Path file, long base, MemorySegment bytes) {
    this.file = file;
    this.bytes = bytes;
    this.base = base;
    this.end = Math.addExact(base, bytes.byteSize());
    this.position = base;
  }

  public ByteOrder order() {
    return order;
  }

  /// Sets the order of the bytes of all numbers read from now on.
  public void setOrder(ByteOrder newOrder) {
    order = newOrder;
  }

  /// Offset of the next byte in the file.
  public long position() {
    return position;
  }

  public int u8(String field) throws FormatException {
    return Byte.toUnsignedInt(bytes.get(ValueLayout.JAVA_BYTE, advance(1, field) - base));
  }

  public int i32(String field) throws FormatException {
    int value = bytes.get(INT, advance(Integer.BYTES, field) - base);
    return order == ByteOrder.LITTLE_ENDIAN ? value : Integer.reverseBytes(value);
  }

  public long u32(String field) throws FormatException {
    return Integer.toUnsignedLong(i32(field));
  }

  /// Eight bytes; unsigned values beyond [Long#MAX_VALUE] come out negative.
  public long i64(String field) throws FormatException {
    long value = bytes.get(LONG, advance(Long.BYTES, field) - base);
    return order == ByteOrder.LITTLE_ENDIAN ? value : Long.reverseBytes(value);
  }

  /// Reads an unsigned 64-bit number of things that follow, and makes sure that they can follow.
  ///
  /// @param bytesEach the fewest bytes that one of them takes, 1 or more
  /// @param most how many are allowed
  public int count(String field, int bytesEach, int most) throws FormatException {
    long at = position;
    long count = i64(field);
    if (count < 0 || count > most) {
      throw fault(at, field + " is " + Long.toUnsignedString(count) + ", expected at most " + most);
    }
    if (count > remaining() / bytesEach) {
      throw fault(at, field + " is " + count + ", more than the " + rest() + " can hold");
    }
    return (int) count;
  }

  /// Copies the next bytes.
  public byte[] bytes(long length, String field) throws FormatException {
    long at = advance(length, field);
    return bytes.asSlice(at - base, length).toArray(ValueLayout.JAVA_BYTE);
  }

  /// Skips the next bytes.
  public void skip(long length, String field) throws FormatException {
    advance(length, field);
  }

  /// Copies bytes that the cursor has already passed.
  public byte[] copy(long from, long to) {
    return bytes.asSlice(from - base, to - from).toArray(ValueLayout.JAVA_BYTE);
  }

  public FormatException fault(long offset, String problem) {
    return FormatException.at(file, offset, problem);
  }

  private long remaining() {
    return end - position;
  }

  private long advance(long length, String field) throws FormatException {
    if (length < 0 || length > remaining()) {
      throw fault(
          position,
          field + " takes " + Long.toUnsignedString(length) + " bytes, more than the " + rest());
    }
    long at = position;
    position += length;
    return at;
  }

  private String rest() {
    return end - base < bytes.byteSize()
        ? remaining() + " bytes left of the " + end + " that a header may take"
        : remaining() + " bytes left in the file";
  }
}
