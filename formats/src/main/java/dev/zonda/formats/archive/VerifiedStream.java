package dev.zonda.formats.archive;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;

/// The decoded content of a file in a zip archive, compared with what the archive's directory says
/// about it.
final class VerifiedStream extends FilterInputStream {
  private final long expectedBytes;
  private final long expectedCrc;
  private final CRC32 crc = new CRC32();
  private long count;

  VerifiedStream(InputStream in, long expectedBytes, long expectedCrc) {
    super(in);
    this.expectedBytes = expectedBytes;
    this.expectedCrc = expectedCrc;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
  }

  @Override
  public int read(byte[] target, int from, int length) throws IOException {
    int read = super.read(target, from, length);
    if (read < 0) {
      requireAll();
      return read;
    }
    crc.update(target, from, read);
    count += read;
    if (count > expectedBytes) {
      throw new IOException(
          "it has more than the " + expectedBytes + " bytes that the archive states");
    }
    return read;
  }

  /// Skipped bytes count, too.
  @Override
  public long skip(long bytes) throws IOException {
    byte[] skipped = new byte[Math.clamp(bytes, 0, 1 << 16)];
    return Math.max(0, read(skipped, 0, skipped.length));
  }

  private void requireAll() throws IOException {
    if (count != expectedBytes) {
      throw new EOFException(
          "it has %d bytes, but the archive states %d".formatted(count, expectedBytes));
    }
    if (crc.getValue() != expectedCrc) {
      throw new IOException(
          "its checksum is %08x, but the archive states %08x"
              .formatted(crc.getValue(), expectedCrc));
    }
  }
}
