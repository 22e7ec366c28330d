package dev.zonda.formats.archive;

import dev.zonda.formats.FormatException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/// The decoded content of compressed bytes, readable at any place.
///
/// A decoder only goes forward, so what it has produced stays for a while in a window: readers that
/// go forward together, on several threads, find it there. A reader that goes back further starts
/// another decoder, which stays where it has got to: several places that are read in turns, such as
/// numbers and their scales, soon have a decoder each. Everything is done under one lock, so that
/// there can be no deadlock.
final class DecodedStream implements AutoCloseable {
  /// Blocks before the wanted one that go to the window, too: another reader may be a little
  /// behind.
  private static final int BLOCKS_BEFORE = 8;

  private static final int BUFFER_BYTES = 1 << 16;

  /// How decoding starts.
  interface Start {
    InputStream open() throws IOException;
  }

  private final Path path;
  private final Start start;
  private final long size;
  private final BlockWindow window;
  private final int mostDecoders;

  /// The decoder that was used last comes last.
  private final List<Decoder> decoders = new ArrayList<>();

  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int starts;

  /// @param path to be named in messages
  /// @param size number of decoded bytes
  /// @param window which several streams may share
  /// @param mostDecoders that are open at a time
  DecodedStream(Path path, Start start, long size, BlockWindow window, int mostDecoders) {
    this.path = path;
    this.start = start;
    this.size = size;
    this.window = window;
    this.mostDecoders = mostDecoders;
  }

  /// One pass from the start on.
  private static final class Decoder {
    final InputStream in;
    long nextBlock;

    Decoder(InputStream in) {
      this.in = in;
    }
  }

  /// Fills a segment with the bytes from an offset on.
  ///
  /// @throws FormatException if the compressed bytes are broken
  void read(long offset, MemorySegment target) throws IOException {
    Objects.checkFromIndexSize(offset, target.byteSize(), size);
    int blockBytes = window.blockBytes();
    synchronized (window) {
      for (long done = 0; done < target.byteSize(); ) {
        long inBlock = (offset + done) % blockBytes;
        long here = Math.min(blockBytes - inBlock, target.byteSize() - done);
        MemorySegment.copy(block((offset + done) / blockBytes), inBlock, target, done, here);
        done += here;
      }
    }
  }

  /// How often decoding has started.
  int starts() {
    synchronized (window) {
      return starts;
    }
  }

  private MemorySegment block(long index) throws IOException {
    MemorySegment found = window.find(this, index).orElse(null);
    if (found != null) {
      return found;
    }
    try {
      Decoder decoder = nearest(index);
      skip(decoder, index - BLOCKS_BEFORE);
      while (decoder.nextBlock < index) {
        decodeNext(decoder);
      }
      return decodeNext(decoder);
    } catch (FormatException e) {
      throw e;
    } catch (IOException e) {
      throw FormatException.in(path, "is broken: " + e.getMessage(), e);
    }
  }

  /// The decoder with the shortest way to a block.
  private Decoder nearest(long index) throws IOException {
    Decoder nearest = null;
    for (Decoder decoder : decoders) {
      if (decoder.nextBlock <= index
          && (nearest == null || decoder.nextBlock > nearest.nextBlock)) {
        nearest = decoder;
      }
    }
    if (nearest == null) {
      if (decoders.size() == mostDecoders) {
        decoders.removeFirst().in.close();
      }
      nearest = new Decoder(start.open());
      starts++;
    } else {
      decoders.remove(nearest);
    }
    decoders.add(nearest);
    return nearest;
  }

  private void skip(Decoder decoder, long toBlock) throws IOException {
    while (decoder.nextBlock < toBlock) {
      for (int left = window.blockBytes(); left > 0; ) {
        left -= readSome(decoder, left);
      }
      decoder.nextBlock++;
    }
  }

  private MemorySegment decodeNext(Decoder decoder) throws IOException {
    long index = decoder.nextBlock;
    MemorySegment block = window.find(this, index).orElseGet(() -> window.add(this, index));
    boolean whole = false;
    try {
      long bytes = Math.min(window.blockBytes(), size - index * window.blockBytes());
      for (long done = 0; done < bytes; ) {
        int count = readSome(decoder, bytes - done);
        MemorySegment.copy(buffer, 0, block, ValueLayout.JAVA_BYTE, done, count);
        done += count;
      }
      decoder.nextBlock++;
      if (decoder.nextBlock * window.blockBytes() >= size) {
        // Checksums are verified after the last byte.
        requireEnd(decoder);
      }
      whole = true;
      return block;
    } finally {
      if (!whole) {
        window.remove(this, index);
        decoders.remove(decoder);
        decoder.in.close();
      }
    }
  }

  private int readSome(Decoder decoder, long most) throws IOException {
    int count = decoder.in.read(buffer, 0, (int) Math.min(buffer.length, most));
    if (count <= 0) {
      throw new EOFException("it ends before its " + size + " bytes are complete");
    }
    return count;
  }

  private void requireEnd(Decoder decoder) throws IOException {
    if (decoder.in.read(buffer, 0, 1) > 0) {
      throw new IOException("it has more than " + size + " bytes");
    }
  }

  @Override
  public void close() {
    synchronized (window) {
      for (Decoder decoder : decoders) {
        try {
          decoder.in.close();
        } catch (IOException _) {
          // It holds memory only.
        }
      }
      decoders.clear();
      window.removeAll(this);
    }
  }
}
