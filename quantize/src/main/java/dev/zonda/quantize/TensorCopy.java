package dev.zonda.quantize;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.gguf.GgufModel;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// Carries tensors from a model into files as they are, whatever their values: unlike the
/// [TensorPipeline], which converts and checks them. One thread suffices to keep a disk busy.
public final class TensorCopy {
  /// Bytes that are handed over at once; a longer row is handed over whole.
  private static final long CHUNK_BYTES = 8L << 20;

  private static final long MOST_ROW_BYTES = 1L << 30;

  private TensorCopy() {}

  /// @param source a model that has tensors of these names, types and numbers of rows
  /// @param targets the tensors' places in the files, in the order in which they will be written
  /// @param sink gets every byte of every target once, except parts that it has already
  /// @param listener is told of bytes
  /// @throws IOException if reading or writing fails
  /// @throws InterruptedException if the calling thread is interrupted
  public static void run(
      GgufModel source, List<TensorInfo> targets, TensorSink sink, ProgressListener listener)
      throws IOException, InterruptedException {
    long longestRow = targets.stream().mapToLong(TensorInfo::rowBytes).max().orElse(0);
    if (longestRow > MOST_ROW_BYTES) {
      throw FormatException.in(
          Path.of(source.name()),
          "its longest row has %d bytes, expected at most %d"
              .formatted(longestRow, MOST_ROW_BYTES));
    }
    long bytes = targets.stream().mapToLong(TensorInfo::bytes).sum();
    listener.started("copying tensors", bytes, "bytes");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment scratch = arena.allocate(Math.max(CHUNK_BYTES, longestRow));
      for (TensorInfo target : targets) {
        copy(source, target, scratch, sink, listener);
      }
    } finally {
      listener.finished();
    }
  }

  private static void copy(
      GgufModel source,
      TensorInfo target,
      MemorySegment scratch,
      TensorSink sink,
      ProgressListener listener)
      throws IOException, InterruptedException {
    if (target.bytes() == 0) {
      return;
    }
    Optional<TensorInfo> found = source.find(target.name());
    if (found.isEmpty() || found.get().type() != target.type()) {
      throw new IllegalArgumentException("no tensor '" + target.name() + "' of " + target.type());
    }
    long rows = target.shape().rows();
    long rowsAtOnce = Math.max(1, CHUNK_BYTES / target.rowBytes());
    for (long row = 0; row < rows; row += rowsAtOnce) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      long count = Math.min(rowsAtOnce, rows - row);
      long length = count * target.rowBytes();
      if (sink.has(target, row * target.rowBytes(), length)) {
        listener.skipped(length);
        continue;
      }
      MemorySegment bytes = source.rows(found.get(), row, count, scratch);
      sink.write(target, row * target.rowBytes(), bytes.asSlice(0, length));
      listener.advanced(length);
    }
  }
}
