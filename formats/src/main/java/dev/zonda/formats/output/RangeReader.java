package dev.zonda.formats.output;

import dev.zonda.formats.AtomicFile;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;

/// Compares ranges of a file with checksums. It reads instead of mapping, for the file is about to
/// be written.
final class RangeReader implements AutoCloseable {
  private static final int BUFFER_BYTES = 1 << 20;

  private final FileChannel channel;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);

  private RangeReader(FileChannel channel) {
    this.channel = channel;
  }

  static RangeReader open(Path file) throws IOException {
    return new RangeReader(
        FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
  }

  long size() throws IOException {
    return channel.size();
  }

  /// Whether the file begins with these bytes, judged by their CRC-32C.
  boolean startsWith(AtomicFile.Content content) throws IOException {
    CRC32C expected = new CRC32C();
    OutputStream checked = new CheckedOutputStream(OutputStream.nullOutputStream(), expected);
    try (DataOutputStream out = new DataOutputStream(new BufferedOutputStream(checked))) {
      content.into(out);
      out.flush();
      return hasChecksum(0, out.size(), (int) expected.getValue());
    }
  }

  /// Whether the bytes are there and have this CRC-32C.
  boolean hasChecksum(long position, long bytes, int checksum) throws IOException {
    CRC32C found = new CRC32C();
    for (long done = 0; done < bytes; ) {
      buffer.clear().limit((int) Math.min(BUFFER_BYTES, bytes - done));
      int count = channel.read(buffer, position + done);
      if (count < 0) {
        return false;
      }
      found.update(buffer.flip());
      done += count;
    }
    return (int) found.getValue() == checksum;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
