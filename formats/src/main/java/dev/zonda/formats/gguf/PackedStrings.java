package dev.zonda.formats.gguf;

import dev.zonda.formats.MetadataValue;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteOrder;
import java.util.AbstractList;
import java.util.RandomAccess;

/// The strings of an array as they lie in the file, each after its length of eight bytes: decoded
/// when asked for, so that a file of empty strings does not fill the memory with objects.
final class PackedStrings extends AbstractList<MetadataValue>
    implements PackedValues, RandomAccess {
  private final byte[] bytes;
  private final int[] starts;
  private final ByteOrder order;

  /// @param bytes the array's content
  /// @param starts where each string's length begins, and the end of the last string
  PackedStrings(byte[] bytes, int[] starts, ByteOrder order) {
    this.bytes = bytes;
    this.starts = starts;
    this.order = order;
  }

  /// Bytes that they take in a file, lengths included: known without decoding any of them.
  long packedBytes() {
    return bytes.length;
  }

  @Override
  public ByteOrder order() {
    return order;
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    out.write(bytes);
  }

  @Override
  public int size() {
    return starts.length - 1;
  }

  @Override
  public MetadataValue get(int index) {
    return new MetadataValue.Text(
        GgufText.decode(bytes, starts[index] + Long.BYTES, starts[index + 1]));
  }
}
