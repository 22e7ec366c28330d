package dev.zonda.formats.archive;

import dev.zonda.formats.io.InputFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Objects;
import java.util.OptionalLong;

/// A file in the decoded bytes of a compressed archive.
///
/// @param at where it begins in the stream
/// @param position of its first byte, for the order in which an archive's files are best read
/// @param kept parts of the stream that need not be decoded again
/// @param owned what is closed with the file
record DecodedFile(
    Path path,
    DecodedStream stream,
    long at,
    long size,
    long position,
    KeptParts kept,
    Runnable owned)
    implements InputFile {
  @Override
  public MemorySegment read(long offset, long length, MemorySegment scratch) throws IOException {
    Objects.checkFromIndexSize(offset, length, size);
    MemorySegment target = scratch.asSlice(0, length);
    MemorySegment found = kept.find(at + offset, length).orElse(null);
    if (found != null) {
      return found;
    }
    stream.read(at + offset, target);
    return target;
  }

  @Override
  public OptionalLong position(long offset) {
    return OptionalLong.of(position + offset);
  }

  @Override
  public void close() {
    owned.run();
  }
}
