package dev.zonda.formats.archive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdOutputStream;
import dev.zonda.formats.FormatException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DecodedStreamTest {
  private static final int BLOCK_BYTES = 1000;
  private static final int BLOCKS = 12;
  private static final int DECODERS = 3;
  private static final int SIZE = 123_456;
  private static final Path NAME = Path.of("model.tar.gz");

  private final byte[] content = content();
  private final BlockWindow window = new BlockWindow(BLOCK_BYTES, BLOCKS);

  @ParameterizedTest
  @EnumSource
  void anyPlaceIsReadFromSeveralThreads(Compression compression) throws Exception {
    DecodedStream stream = open(compression, compressed(compression));
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Callable<Void>> readers =
          IntStream.range(0, 4).mapToObj(seed -> randomReader(stream, seed)).toList();
      for (Future<Void> reader : threads.invokeAll(readers)) {
        reader.get();
      }
    }
    stream.close();
  }

  private Callable<Void> randomReader(DecodedStream stream, int seed) {
    Random random = new Random(seed);
    return () -> {
      for (int i = 0; i < 50; i++) {
        int from = random.nextInt(SIZE);
        int length = random.nextInt(Math.min(5 * BLOCK_BYTES, SIZE - from) + 1);
        assertArrayEquals(
            Arrays.copyOfRange(content, from, from + length), read(stream, from, length));
      }
      return null;
    };
  }

  @Test
  void goingForwardDecodesOnce() throws IOException {
    DecodedStream stream = open(Compression.GZIP, compressed(Compression.GZIP));
    for (int from = 0; from < SIZE; from += 700) {
      int length = Math.min(1500, SIZE - from);
      assertArrayEquals(
          Arrays.copyOfRange(content, from, from + length), read(stream, from, length));
    }
    assertEquals(1, stream.starts());
  }

  @Test
  void readersThatAreABitBehindDecodeOnce() throws IOException {
    DecodedStream stream = open(Compression.GZIP, compressed(Compression.GZIP));
    // Far beyond the window at first, as behind weights that nobody wants.
    for (int block = 60; block + 4 < SIZE / BLOCK_BYTES; block++) {
      for (int behind = 0; behind < 4; behind++) {
        read(stream, (long) (block - behind) * BLOCK_BYTES, BLOCK_BYTES);
      }
    }
    assertEquals(1, stream.starts());
  }

  @Test
  void severalPlacesInTurnsGetADecoderEach() throws IOException {
    DecodedStream stream = open(Compression.ZSTD, compressed(Compression.ZSTD));
    for (int i = 0; i < 30; i++) {
      for (int place = 0; place < DECODERS; place++) {
        int from = place * 40_000 + i * BLOCK_BYTES;
        assertArrayEquals(
            Arrays.copyOfRange(content, from, from + BLOCK_BYTES), read(stream, from, BLOCK_BYTES));
      }
    }
    assertEquals(DECODERS, stream.starts());
  }

  @Test
  void theOtherLengthIsRefused() throws IOException {
    MemorySegment compressed = compressed(Compression.GZIP);
    DecodedStream shorter = stream(Compression.GZIP, compressed, SIZE + 1);
    assertFault("ends before", shorter, SIZE);
    DecodedStream longer = stream(Compression.GZIP, compressed, SIZE - 1);
    assertFault("more than", longer, SIZE - 2);
  }

  @ParameterizedTest
  @EnumSource
  void truncatedBytesAreRefused(Compression compression) throws IOException {
    MemorySegment whole = compressed(compression);
    assertFault(
        "model.tar.gz: is broken",
        open(compression, whole.asSlice(0, whole.byteSize() - 20)),
        SIZE - 1);
  }

  @ParameterizedTest
  @EnumSource(names = {"GZIP", "ZSTD"})
  void anotherChecksumIsRefused(Compression compression) throws IOException {
    byte[] whole = compressed(compression).toArray(ValueLayout.JAVA_BYTE);
    int checksumAt = whole.length - (compression == Compression.GZIP ? 8 : 4);
    whole[checksumAt] ^= 1;
    assertFault("is broken", open(compression, MemorySegment.ofArray(whole)), SIZE - 1);
  }

  @Test
  void anotherChecksumOfADirectoryIsRefused() throws IOException {
    MemorySegment compressed = compressed(Compression.DEFLATE);
    DecodedStream stream =
        new DecodedStream(
            NAME,
            () -> new VerifiedStream(Compression.DEFLATE.open(compressed), SIZE, 1),
            SIZE,
            window,
            1);
    read(stream, 0, BLOCK_BYTES);
    assertFault("but the archive states 00000001", stream, SIZE - 1);
  }

  @Test
  void hugeWindowsAreRefused() {
    // A frame of the size 0 that asks for 2 GiB, its window's exponent being 31.
    byte[] frame = new byte[32];
    System.arraycopy(
        new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 0, (byte) ((31 - 10) << 3)},
        0,
        frame,
        0,
        6);
    IOException fault =
        assertThrows(IOException.class, () -> Compression.ZSTD.open(MemorySegment.ofArray(frame)));
    assertTrue(fault.getMessage().contains("a window of 2147483648 bytes"), fault.getMessage());
    // The same by a single segment of 2^63 bytes.
    frame[4] = (byte) 0xe0;
    frame[12] = (byte) 0x80;
    assertThrows(IOException.class, () -> Compression.ZSTD.open(MemorySegment.ofArray(frame)));
  }

  @Test
  void laterFramesMayNotAskForMore() throws IOException {
    byte[] small = Zstd.compress(content);
    byte[] large = small.clone();
    large[4] = 0; // no size of its own, no checksum
    large[5] = (byte) ((26 - 10) << 3);
    byte[] both = Arrays.copyOf(small, small.length + large.length);
    System.arraycopy(large, 0, both, small.length, large.length);
    DecodedStream stream = stream(Compression.ZSTD, MemorySegment.ofArray(both), 2 * SIZE);
    read(stream, 0, SIZE - BLOCK_BYTES);
    assertFault("Frame requires too much memory", stream, 2 * SIZE - 1);
  }

  private void assertFault(String expected, DecodedStream stream, int from) {
    FormatException fault = assertThrows(FormatException.class, () -> read(stream, from, 1));
    assertTrue(fault.getMessage().contains(expected), fault.getMessage());
  }

  private static byte[] read(DecodedStream stream, long from, int length) throws IOException {
    byte[] read = new byte[length];
    stream.read(from, MemorySegment.ofArray(read));
    return read;
  }

  private DecodedStream open(Compression compression, MemorySegment compressed) {
    return stream(compression, compressed, SIZE);
  }

  private DecodedStream stream(Compression compression, MemorySegment compressed, long size) {
    return new DecodedStream(NAME, () -> compression.open(compressed), size, window, DECODERS);
  }

  /// Half of it noise, so that it shrinks, but not to nothing.
  private static byte[] content() {
    Random random = new Random(5);
    byte[] content = new byte[SIZE];
    for (int i = 0; i < SIZE; i++) {
      content[i] = (byte) (random.nextInt(16) + (i / 7777));
    }
    return content;
  }

  private MemorySegment compressed(Compression compression) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out =
        switch (compression) {
          case GZIP -> new GZIPOutputStream(bytes);
          case ZSTD -> new ZstdOutputStream(bytes).setChecksum(true);
          case DEFLATE -> new DeflaterOutputStream(bytes, new Deflater(6, true));
        }) {
      out.write(content);
    }
    return MemorySegment.ofArray(bytes.toByteArray());
  }
}
