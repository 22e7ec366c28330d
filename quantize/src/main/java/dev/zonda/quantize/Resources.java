package dev.zonda.quantize;

import java.util.List;
import java.util.Optional;

/// How much of the machine a run of the [TensorPipeline] may use. The one place that decides how
/// many workers there are and how much each of them does at a time.
///
/// How tensors are cut depends on neither threads nor memory, so that a run with other resources
/// can resume what an earlier one left.
///
/// @param threads the most workers at a time
/// @param memory the most bytes for the buffers of all workers together; if it does not suffice for
///   all, there are fewer workers
public record Resources(int threads, long memory) {
  /// Far more than usual rows need, yet little compared with the JVM's own memory.
  public static final long DEFAULT_MEMORY = 64_000_000;

  /// Values that a chunk should have: as floats they fit a core's own cache together with their
  /// bytes before and after.
  private static final long CHUNK_VALUES = 1 << 16;

  /// Bytes that a chunk of copied rows should have: enough for one system call.
  private static final long COPIED_BYTES = 1 << 20;

  /// What a run takes.
  ///
  /// @param workers number of threads
  /// @param bytes for the buffers of all of them
  /// @param leastBytes the fewest bytes that suffice, with one thread
  public record Share(int workers, long bytes, long leastBytes) {}

  public Resources {
    if (threads < 1 || memory < 1) {
      throw new IllegalArgumentException(threads + " threads, " + memory + " bytes");
    }
  }

  /// These threads, and the default memory.
  public static Resources ofThreads(int threads) {
    return new Resources(threads, DEFAULT_MEMORY);
  }

  /// What a run of tasks takes of these resources: no workers if they do not suffice.
  public Share shareOf(List<TensorTask> tasks) {
    return shareOf(new ChunkedTasks(tasks, Optional.empty()));
  }

  Share shareOf(ChunkedTasks chunks) {
    long bytesEach = chunks.bufferSizes().total();
    long workers = Math.min(Math.min(threads, chunks.count()), memory / bytesEach);
    return new Share((int) workers, workers * bytesEach, bytesEach);
  }

  /// How many rows of a task make a chunk.
  static long rowsPerChunk(TensorTask task) {
    long rows =
        task.isDecoded()
            ? CHUNK_VALUES / Math.max(1, task.source().shape().rowLength())
            : COPIED_BYTES / Math.max(1, task.source().rowBytes());
    return Math.max(1, rows);
  }
}
