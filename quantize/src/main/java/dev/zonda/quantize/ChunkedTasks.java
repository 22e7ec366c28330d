package dev.zonda.quantize;

import dev.zonda.formats.Shape;
import dev.zonda.formats.gguf.ReadingOrder;
import dev.zonda.quantize.block.Importance;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Tasks cut into chunks of rows, in order or in that of the source. A chunk's rows share their
/// importance.
final class ChunkedTasks {
  /// Bits for the number of a chunk that can be reordered: at some 100 kB each, more than a
  /// terabyte.
  private static final int INDEX_BITS = 24;

  private static final int POSITION_BITS = Long.SIZE - 1 - INDEX_BITS;

  /// Places in the source are compared in steps of this many bytes, as a power of two.
  private static final int STEP_BITS = 15;

  private final List<TensorTask> tasks;

  /// The number of the chunk at each place; empty if chunks keep their own order.
  private final long[] order;

  /// `firstChunks[i]` is the number of chunks before task i; one more entry for all of them.
  private final long[] firstChunks;

  /// Rows of one task's chunk and what they cost.
  ///
  /// @param importance of the rows' columns
  record Chunk(TensorTask task, long firstRow, int rows, Importance importance) {
    long sourceBytes() {
      return rows * task.source().rowBytes();
    }

    /// Where the target's rows begin, from the start of the target.
    long targetOffset() {
      return firstRow * task.target().rowBytes();
    }

    long targetBytes() {
      return rows * task.target().rowBytes();
    }
  }

  /// @param reading the order of the source, if that is what matters
  ChunkedTasks(List<TensorTask> tasks, Optional<ReadingOrder> reading) {
    this.tasks = List.copyOf(tasks);
    this.firstChunks = new long[tasks.size() + 1];
    for (int i = 0; i < tasks.size(); i++) {
      TensorTask task = tasks.get(i);
      long groups = task.source().shape().elements() == 0 ? 0 : task.importance().size();
      firstChunks[i + 1] = Math.addExact(firstChunks[i], groups * chunksPerGroup(task));
    }
    this.order = reading.map(this::sorted).orElse(new long[0]);
  }

  /// Millions of chunks are sorted as plain numbers: steps in the upper bits, indexes in the lower.
  private long[] sorted(ReadingOrder reading) {
    if (count() > 1L << INDEX_BITS) {
      return new long[0];
    }
    long[] keys = new long[(int) count()];
    for (int i = 0; i < keys.length; i++) {
      Chunk chunk = inOwnOrder(i);
      long position = reading.position(chunk.task().source(), chunk.firstRow());
      keys[i] = Math.min(position >> STEP_BITS, (1L << POSITION_BITS) - 1) << INDEX_BITS | i;
    }
    Arrays.sort(keys);
    for (int i = 0; i < keys.length; i++) {
      keys[i] &= (1L << INDEX_BITS) - 1;
    }
    return keys;
  }

  long count() {
    return firstChunks[tasks.size()];
  }

  /// The chunk at a place of the order.
  Chunk chunk(long place) {
    return inOwnOrder(order.length == 0 ? place : order[(int) place]);
  }

  private Chunk inOwnOrder(long index) {
    int found = Arrays.binarySearch(firstChunks, index);
    // Tasks without chunks share their number with the next one: the last of them has chunks.
    int taskIndex = found < 0 ? -found - 2 : found;
    while (firstChunks[taskIndex + 1] == index) {
      taskIndex++;
    }
    TensorTask task = tasks.get(taskIndex);
    long inTask = index - firstChunks[taskIndex];
    long perGroup = chunksPerGroup(task);
    int group = (int) (inTask / perGroup);
    long rowsPerChunk = Resources.rowsPerChunk(task);
    long firstInGroup = inTask % perGroup * rowsPerChunk;
    long rows = Math.min(rowsPerChunk, task.rowsPerImportance() - firstInGroup);
    return new Chunk(
        task,
        group * task.rowsPerImportance() + firstInGroup,
        (int) rows,
        task.importance().get(group));
  }

  /// Buffers that are large enough for every chunk.
  BufferSizes bufferSizes() {
    BufferSizes sizes = BufferSizes.NONE;
    for (TensorTask task : tasks) {
      Shape shape = task.source().shape();
      long rows = Math.min(Resources.rowsPerChunk(task), task.rowsPerImportance());
      sizes =
          sizes.max(
              new BufferSizes(
                  // A row at a time suffices to find the values at fault in what is only copied.
                  (task.isDecoded() ? rows : Math.min(1, rows)) * shape.rowLength(),
                  rows * task.source().rowBytes(),
                  task.isCopy() ? 0 : rows * task.target().rowBytes()));
    }
    return sizes;
  }

  private static long chunksPerGroup(TensorTask task) {
    return Math.ceilDiv(task.rowsPerImportance(), Resources.rowsPerChunk(task));
  }
}
