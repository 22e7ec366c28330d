package dev.zonda.formats.io;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;

/// A file for libraries that read from channels. They hold in memory what they read, so there is a
/// limit.
public final class InputChannel implements SeekableByteChannel {
  private final InputFile file;
  private final long mostBytes;
  private long readBytes;
  private long position;
  private boolean open = true;

  /// @param mostBytes that may be read in all
  public InputChannel(InputFile file, long mostBytes) {
    this.file = file;
    this.mostBytes = mostBytes;
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    long left = file.size() - position;
    if (left <= 0) {
      return -1;
    }
    int count = (int) Math.min(left, target.remaining());
    readBytes += count;
    if (readBytes > mostBytes) {
      throw new IOException("more than " + mostBytes + " bytes of headers");
    }
    MemorySegment room = MemorySegment.ofBuffer(target).asSlice(0, count);
    file.readInto(position, room);
    target.position(target.position() + count);
    position += count;
    return count;
  }

  @Override
  public long position() {
    return position;
  }

  @Override
  public SeekableByteChannel position(long newPosition) {
    if (newPosition < 0) {
      throw new IllegalArgumentException("negative position " + newPosition);
    }
    position = newPosition;
    return this;
  }

  @Override
  public long size() {
    return file.size();
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void close() {
    open = false;
  }

  @Override
  public int write(ByteBuffer source) {
    throw new NonWritableChannelException();
  }

  @Override
  public SeekableByteChannel truncate(long size) {
    throw new NonWritableChannelException();
  }
}
