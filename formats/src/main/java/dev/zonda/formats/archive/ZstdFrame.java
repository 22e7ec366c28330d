package dev.zonda.formats.archive;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// The first bytes of a Zstandard frame (RFC 8878, section 3.1).
final class ZstdFrame {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int MAGIC = 0xfd2fb528;

  /// Frames of other data, before or between those that count; the last four bits are free.
  private static final int SKIPPABLE_MAGIC = 0x184d2a50;

  /// The largest window that is accepted, as a power of two: what the command zstd accepts by
  /// default.
  private static final int MOST_WINDOW_LOG = 27;

  /// The largest window of the levels up to 19.
  private static final int USUAL_WINDOW_LOG = 23;

  private static final int LEAST_WINDOW_LOG = 10;
  private static final int DESCRIPTOR_AT = 4;
  private static final int SINGLE_SEGMENT = 0x20;
  private static final int[] DICTIONARY_BYTES = {0, 1, 2, 4};

  private ZstdFrame() {}

  static boolean matches(MemorySegment compressed) {
    return begins(compressed, MAGIC, ~0) || begins(compressed, SKIPPABLE_MAGIC, ~0xf);
  }

  private static boolean begins(MemorySegment compressed, int magic, int mask) {
    return compressed.byteSize() >= Integer.BYTES && (compressed.get(INT, 0) & mask) == magic;
  }

  /// How many of the past bytes a decoder must hold, as a power of two: enough for the first frame,
  /// and for usual ones after it.
  ///
  /// @throws IOException if the first frame asks for more than is accepted, or ends in its header
  static int windowLog(MemorySegment compressed) throws IOException {
    long bytes = windowBytes(compressed);
    if (bytes < 0 || bytes > 1L << MOST_WINDOW_LOG) {
      throw new IOException(
          "it asks for a window of %s bytes, expected at most %d"
              .formatted(Long.toUnsignedString(bytes), 1L << MOST_WINDOW_LOG));
    }
    int log = Long.SIZE - Long.numberOfLeadingZeros(Math.max(1, bytes) - 1);
    return Math.max(USUAL_WINDOW_LOG, log);
  }

  private static long windowBytes(MemorySegment compressed) throws IOException {
    if (!begins(compressed, MAGIC, ~0)) {
      return 0;
    }
    int descriptor = u8(compressed, DESCRIPTOR_AT);
    if ((descriptor & SINGLE_SEGMENT) == 0) {
      int window = u8(compressed, DESCRIPTOR_AT + 1);
      long base = 1L << (LEAST_WINDOW_LOG + (window >> 3));
      return base + base / 8 * (window & 7);
    }
    // Such a frame's window is all of its content.
    int at = DESCRIPTOR_AT + 1 + DICTIONARY_BYTES[descriptor & 3];
    int sizeBytes = 1 << (descriptor >> 6);
    long size = 0;
    for (int i = 0; i < sizeBytes; i++) {
      size |= (long) u8(compressed, at + i) << (Byte.SIZE * i);
    }
    return size;
  }

  private static int u8(MemorySegment bytes, long at) throws IOException {
    if (at >= bytes.byteSize()) {
      throw new EOFException("it ends in the header of a Zstandard frame");
    }
    return Byte.toUnsignedInt(bytes.get(ValueLayout.JAVA_BYTE, at));
  }
}
