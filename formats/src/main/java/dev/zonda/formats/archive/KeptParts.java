package dev.zonda.formats.archive;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Parts of a compressed archive that are wanted early and often, held in memory once they have
/// been decoded: small files whole, and the start and end of files of weights. Written by one
/// thread, then read by many.
final class KeptParts {
  private static final KeptParts NONE = new KeptParts(0);

  private final Arena arena = Arena.ofAuto();
  private final TreeMap<Long, MemorySegment> parts = new TreeMap<>();
  private long bytesLeft;

  /// @param mostBytes of all parts together
  KeptParts(long mostBytes) {
    this.bytesLeft = mostBytes;
  }

  static KeptParts none() {
    return NONE;
  }

  /// Keeps the next bytes of a stream, unless there is no room for them.
  ///
  /// @param at where they begin in the decoded archive
  /// @return whether they were read and are kept
  boolean keep(long at, InputStream in, long length) throws IOException {
    if (length > bytesLeft) {
      return false;
    }
    bytesLeft -= length;
    MemorySegment part = arena.allocate(length);
    byte[] buffer = new byte[1 << 13];
    for (long done = 0; done < length; ) {
      int count = in.read(buffer, 0, (int) Math.min(buffer.length, length - done));
      if (count <= 0) {
        throw new EOFException("it ends too early");
      }
      MemorySegment.copy(buffer, 0, part, ValueLayout.JAVA_BYTE, done, count);
      done += count;
    }
    parts.put(at, part.asReadOnly());
    return true;
  }

  /// The bytes, if all of them are in one part.
  Optional<MemorySegment> find(long at, long length) {
    Map.Entry<Long, MemorySegment> before = parts.floorEntry(at);
    if (before == null || at + length > before.getKey() + before.getValue().byteSize()) {
      return Optional.empty();
    }
    return Optional.of(before.getValue().asSlice(at - before.getKey(), length));
  }
}
