package dev.zonda.formats.archive;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// The blocks of an archive's compressed streams that were decoded or asked for last, as many as a
/// limit allows. Not safe for use by several threads.
final class BlockWindow implements AutoCloseable {
  private final Arena arena = Arena.ofShared();
  private final int blockBytes;
  private final int mostBlocks;
  private final Map<Place, MemorySegment> blocks = new LinkedHashMap<>(16, 0.75f, true);
  private final Deque<MemorySegment> free = new ArrayDeque<>();

  private record Place(DecodedStream stream, long index) {}

  BlockWindow(int blockBytes, int mostBlocks) {
    this.blockBytes = blockBytes;
    this.mostBlocks = mostBlocks;
  }

  int blockBytes() {
    return blockBytes;
  }

  Optional<MemorySegment> find(DecodedStream stream, long index) {
    return Optional.ofNullable(blocks.get(new Place(stream, index)));
  }

  /// Room for a block, if need be that of the block that was asked for the longest time ago.
  MemorySegment add(DecodedStream stream, long index) {
    if (blocks.size() == mostBlocks) {
      Place oldest = blocks.keySet().iterator().next();
      free.add(blocks.remove(oldest));
    }
    MemorySegment room = free.isEmpty() ? arena.allocate(blockBytes) : free.remove();
    blocks.put(new Place(stream, index), room);
    return room;
  }

  /// Gives up a block.
  void remove(DecodedStream stream, long index) {
    MemorySegment removed = blocks.remove(new Place(stream, index));
    if (removed != null) {
      free.add(removed);
    }
  }

  /// Gives up all blocks of a stream.
  void removeAll(DecodedStream stream) {
    blocks
        .entrySet()
        .removeIf(block -> block.getKey().stream() == stream && free.add(block.getValue()));
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
