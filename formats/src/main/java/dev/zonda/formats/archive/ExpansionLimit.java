package dev.zonda.formats.archive;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/// Limits what a decoder of Zstandard frames may produce. A block of one repeated byte expands from
/// 4 bytes to 128 KiB, so a small file could keep a reader busy for hours. Weights expand by a few
/// per cent, and even a model of zeros stays below the limit.
final class ExpansionLimit extends FilterInputStream {
  /// The most that Deflate can reach.
  private static final long MOST_TIMES = 1032;

  /// So many bytes are decoded in a moment, however small the input.
  private static final long FREE_BYTES = 256L << 20;

  private final SegmentStream compressed;
  private long decoded;

  /// @param compressed from which the decoder reads
  ExpansionLimit(InputStream decoder, SegmentStream compressed) {
    super(decoder);
    this.compressed = compressed;
  }

  @Override
  public int read() throws IOException {
    int value = super.read();
    count(value < 0 ? 0 : 1);
    return value;
  }

  @Override
  public int read(byte[] target, int from, int length) throws IOException {
    int count = super.read(target, from, length);
    count(count);
    return count;
  }

  @Override
  public long skip(long bytes) throws IOException {
    long skipped = super.skip(Math.min(bytes, FREE_BYTES));
    count(skipped);
    return skipped;
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  private void count(long bytes) throws IOException {
    decoded += Math.max(0, bytes);
    if (decoded > FREE_BYTES && decoded / MOST_TIMES > compressed.position()) {
      throw new IOException(
          "its first %d bytes expand to more than %d, which weights never do"
              .formatted(compressed.position(), decoded));
    }
  }
}
