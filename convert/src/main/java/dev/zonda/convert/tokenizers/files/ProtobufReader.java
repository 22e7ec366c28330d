package dev.zonda.convert.tokenizers.files;

import dev.zonda.formats.FormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// Reads the fields of one protobuf message, in order. Every length is checked against what remains
/// before anything is made of it; messages inside are read by readers of their own.
final class ProtobufReader {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH_DELIMITED = 2;
  private static final int FIXED32 = 5;

  private final Path file;
  private final ByteBuffer bytes;
  private final int end;
  private int field;
  private int wireType;

  ProtobufReader(Path file, byte[] bytes) {
    this(file, ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN), bytes.length);
  }

  private ProtobufReader(Path file, ByteBuffer bytes, int end) {
    this.file = file;
    this.bytes = bytes;
    this.end = end;
  }

  /// Goes to the next field.
  ///
  /// @return its number, or 0 at the end of the message
  public int next() throws FormatException {
    if (bytes.position() == end) {
      return 0;
    }
    int at = bytes.position();
    long tag = varint("tag");
    if (tag >>> 3 == 0 || tag >>> 3 > (1 << 29) - 1) {
      throw problem(at, "field number " + (tag >>> 3) + " is out of range");
    }
    field = (int) (tag >>> 3);
    wireType = (int) (tag & 7);
    return field;
  }

  public long integer(String name) throws FormatException {
    require(VARINT, name);
    return varint(name);
  }

  public boolean bool(String name) throws FormatException {
    return integer(name) != 0;
  }

  public float real(String name) throws FormatException {
    require(FIXED32, name);
    requireBytes(4, name);
    return bytes.getFloat();
  }

  public String text(String name) throws FormatException {
    int at = bytes.position();
    int length = length(name);
    ByteBuffer utf8 = bytes.slice(bytes.position(), length);
    bytes.position(bytes.position() + length);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
    } catch (CharacterCodingException e) {
      throw problem(at, name + " is not UTF-8");
    }
  }

  /// The message that this field holds. Reading goes on here once it is read to its end.
  public ProtobufReader message(String name) throws FormatException {
    int length = length(name);
    return new ProtobufReader(file, bytes, bytes.position() + length);
  }

  void skip() throws FormatException {
    String name = "field " + field;
    switch (wireType) {
      case VARINT -> varint(name);
      case FIXED64 -> skipBytes(8, name);
      case LENGTH_DELIMITED -> skipBytes(length(name), name);
      case FIXED32 -> skipBytes(4, name);
      default -> throw problem(bytes.position(), name + " has wire type " + wireType);
    }
  }

  private void skipBytes(int count, String name) throws FormatException {
    requireBytes(count, name);
    bytes.position(bytes.position() + count);
  }

  private int length(String name) throws FormatException {
    require(LENGTH_DELIMITED, name);
    int at = bytes.position();
    long length = varint(name);
    if (length < 0 || length > end - bytes.position()) {
      throw problem(
          at,
          name
              + " takes "
              + Long.toUnsignedString(length)
              + " bytes, but "
              + (end - bytes.position())
              + " remain");
    }
    return (int) length;
  }

  private long varint(String name) throws FormatException {
    int at = bytes.position();
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      requireBytes(1, name);
      byte b = bytes.get();
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw problem(at, name + " is a number of more than 64 bits");
  }

  private void require(int expected, String name) throws FormatException {
    if (wireType != expected) {
      throw problem(
          bytes.position(), name + " has wire type " + wireType + ", expected " + expected);
    }
  }

  private void requireBytes(int count, String name) throws FormatException {
    if (count > end - bytes.position()) {
      throw problem(bytes.position(), name + " is cut off");
    }
  }

  private FormatException problem(int at, String problem) {
    return FormatException.at(file, at, problem);
  }
}
