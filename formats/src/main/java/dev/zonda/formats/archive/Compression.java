package dev.zonda.formats.archive;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/// How bytes are compressed. Every kind verifies the checksums that it holds.
enum Compression {
  /// RFC 1952, also several members in a row.
  GZIP {
    @Override
    InputStream open(MemorySegment compressed) throws IOException {
      return new GZIPInputStream(new SegmentStream(compressed), BUFFER_BYTES);
    }
  },
  /// RFC 8878, also several frames in a row.
  ZSTD {
    @Override
    InputStream open(MemorySegment compressed) throws IOException {
      if (!ZstdFrame.matches(compressed)) {
        throw new IOException("it is not a Zstandard frame");
      }
      SegmentStream in = new SegmentStream(compressed);
      return new ExpansionLimit(
          new ZstdInputStreamNoFinalizer(in).setLongMax(ZstdFrame.windowLog(compressed)), in);
    }

    @Override
    int decoders(MemorySegment compressed) throws IOException {
      long most = MOST_DECODER_BYTES >> ZstdFrame.windowLog(compressed);
      return Math.clamp(most, 1, MOST_DECODERS);
    }
  },
  /// RFC 1951, as within zip archives.
  DEFLATE {
    @Override
    InputStream open(MemorySegment compressed) {
      Inflater inflater = new Inflater(true);
      return new InflaterInputStream(new SegmentStream(compressed), inflater, BUFFER_BYTES) {
        @Override
        public void close() throws IOException {
          super.close();
          inflater.end();
        }
      };
    }
  };

  /// Includes the only method that is defined.
  private static final byte[] GZIP_MARK = {0x1f, (byte) 0x8b, 8};

  private static final int BUFFER_BYTES = 1 << 16;
  private static final int MOST_DECODERS = 8;

  /// Memory that the decoders of one stream may take together; a single one with a large window may
  /// take more.
  private static final long MOST_DECODER_BYTES = 64L << 20;

  /// How a file that begins like this is compressed; empty if it does not look compressed.
  static Optional<Compression> of(MemorySegment compressed) {
    if (ZstdFrame.matches(compressed)) {
      return Optional.of(ZSTD);
    }
    boolean isGzip =
        compressed.byteSize() > GZIP_MARK.length
            && Arrays.equals(
                compressed.asSlice(0, GZIP_MARK.length).toArray(ValueLayout.JAVA_BYTE), GZIP_MARK);
    return isGzip ? Optional.of(GZIP) : Optional.empty();
  }

  /// A new stream of the decoded bytes, from the start on.
  abstract InputStream open(MemorySegment compressed) throws IOException;

  /// How many streams may be open at a time, at different places.
  int decoders(MemorySegment compressed) throws IOException {
    return MOST_DECODERS;
  }
}
