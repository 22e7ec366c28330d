package dev.zonda.quantize;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.gguf.GgufModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/// Carries tensors from a model into a file, converting their types on the way, on many threads.
///
/// Tensors are cut into chunks of whole rows; each worker takes the next chunk, converts it in
/// buffers of its own and writes it where it belongs. Rows are converted independently of each
/// other, so the bytes do not depend on the number of threads. Workers stop at the next chunk when
/// one of them fails, or when the calling thread is interrupted.
public final class TensorPipeline {
  private final Resources resources;
  private final NonfiniteValues nonfinite;

  /// A pipeline that fails at values that are not finite.
  public TensorPipeline(Resources resources) {
    this(resources, NonfiniteValues.FAIL);
  }

  private TensorPipeline(Resources resources, NonfiniteValues nonfinite) {
    this.resources = resources;
    this.nonfinite = nonfinite;
  }

  /// A pipeline that treats values that are not finite in this way, instead of failing.
  public TensorPipeline with(NonfiniteValues treatment) {
    return new TensorPipeline(resources, treatment);
  }

  /// Does all tasks, and returns when the last byte is handed over.
  ///
  /// @param source the model that the tasks' sources are of
  /// @param sink gets every byte of every target once, except chunks that it has already
  /// @param listener is told of bytes of the source
  /// @throws FormatException if a value is not finite or not within the target type's range and
  ///   that is not accepted, or if a row is longer than an array can be
  /// @throws IllegalArgumentException if there is less memory than [Resources#shareOf] asks for
  /// @throws IOException if reading or writing fails; the first failure, whichever worker had it
  /// @throws InterruptedException if the calling thread is interrupted
  public void run(
      GgufModel source, List<TensorTask> tasks, TensorSink sink, ProgressListener listener)
      throws IOException, InterruptedException {
    ChunkedTasks chunks = new ChunkedTasks(tasks, source.readingOrder());
    BufferSizes sizes = chunks.bufferSizes();
    if (sizes.values() > BufferSizes.MOST_VALUES) {
      throw FormatException.in(
          Path.of(source.name()),
          "its longest row has %d values, expected at most %d"
              .formatted(sizes.values(), BufferSizes.MOST_VALUES));
    }
    Resources.Share share = resources.shareOf(chunks);
    if (share.leastBytes() > resources.memory()) {
      throw new IllegalArgumentException(
          "%d bytes of memory are too few, %d are needed"
              .formatted(resources.memory(), share.leastBytes()));
    }
    long bytes = tasks.stream().mapToLong(task -> task.source().bytes()).sum();
    listener.started("converting tensors", bytes, "bytes");
    try {
      new Run(source, chunks, sizes, sink, nonfinite, listener).onThreads(share.workers());
    } finally {
      listener.finished();
    }
  }

  /// What the workers of one call share.
  private static final class Run {
    private final GgufModel source;
    private final ChunkedTasks chunks;
    private final BufferSizes sizes;
    private final TensorSink sink;
    private final NonfiniteValues nonfinite;
    private final ProgressListener listener;
    private final AtomicLong nextChunk = new AtomicLong();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile boolean stopped;

    Run(
        GgufModel source,
        ChunkedTasks chunks,
        BufferSizes sizes,
        TensorSink sink,
        NonfiniteValues nonfinite,
        ProgressListener listener) {
      this.source = source;
      this.chunks = chunks;
      this.sizes = sizes;
      this.sink = sink;
      this.nonfinite = nonfinite;
      this.listener = listener;
    }

    void onThreads(int count) throws IOException, InterruptedException {
      List<Thread> workers = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        workers.add(Thread.ofPlatform().name("converter-" + i).daemon().start(this::work));
      }
      joinAll(workers);
      switch (failure.get()) {
        case null -> {}
        case IOException e -> throw e;
        case RuntimeException e -> throw e;
        case Error e -> throw e;
        case Throwable e -> throw new IllegalStateException(e);
      }
    }

    /// Buffers belong to the workers until all have ended, interrupted or not.
    private void joinAll(List<Thread> workers) throws InterruptedException {
      InterruptedException interrupt = null;
      for (Thread worker : workers) {
        while (worker.isAlive()) {
          try {
            worker.join();
          } catch (InterruptedException e) {
            stopped = true;
            interrupt = e;
          }
        }
      }
      if (interrupt != null) {
        throw interrupt;
      }
    }

    private void work() {
      try (ChunkConverter converter = new ChunkConverter(source, sink, nonfinite, sizes)) {
        while (!stopped) {
          long index = nextChunk.getAndIncrement();
          if (index >= chunks.count()) {
            return;
          }
          ChunkedTasks.Chunk chunk = chunks.chunk(index);
          if (sink.has(chunk.task().target(), chunk.targetOffset(), chunk.targetBytes())) {
            listener.skipped(chunk.sourceBytes());
          } else {
            converter.convert(chunk);
            listener.advanced(chunk.sourceBytes());
          }
        }
      } catch (Throwable e) {
        failure.compareAndSet(null, e);
        stopped = true;
      }
    }
  }
}
