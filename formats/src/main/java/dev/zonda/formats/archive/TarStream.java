package dev.zonda.formats.archive;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/// A tar archive as a stream that knows its position and limits the headers before files, because
/// the library holds them in memory. The library reads the rest of a file's content only to pass
/// over it, so it is skipped here.
final class TarStream extends FilterInputStream {
  /// Bytes that may come before one file: long names, extended headers.
  private static final long MOST_HEADER_BYTES = 1 << 20;

  private static final long MOST_ALL_HEADER_BYTES = 48 << 20;

  private long position;
  private long contentEnd;
  private boolean inHeader = true;
  private long headerBytes;
  private long allHeaderBytes;

  TarStream(InputStream in) {
    super(in);
  }

  /// Offset of the next byte.
  long position() {
    return position;
  }

  /// What is read from now on is a header, or the rest of the content before it.
  void startHeader() {
    inHeader = true;
    headerBytes = 0;
  }

  /// What is read from now on is a file's content.
  void startContent(long bytes) {
    inHeader = false;
    contentEnd = bytes > Long.MAX_VALUE - position ? Long.MAX_VALUE : position + bytes;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
  }

  @Override
  public int read(byte[] target, int from, int length) throws IOException {
    if (inHeader && position < contentEnd) {
      int skipped = (int) skip(Math.min(length, contentEnd - position));
      return skipped == 0 ? -1 : skipped;
    }
    int count = super.read(target, from, length);
    if (count > 0) {
      position += count;
      if (inHeader) {
        headerBytes += count;
        allHeaderBytes += count;
        if (headerBytes > MOST_HEADER_BYTES || allHeaderBytes > MOST_ALL_HEADER_BYTES) {
          throw new IOException(
              "it has more than %d bytes of headers before a file, or more than %d in all"
                  .formatted(MOST_HEADER_BYTES, MOST_ALL_HEADER_BYTES));
        }
      }
    }
    return count;
  }

  @Override
  public long skip(long bytes) throws IOException {
    long skipped = super.skip(bytes);
    position += skipped;
    return skipped;
  }

  @Override
  public boolean markSupported() {
    return false;
  }
}
