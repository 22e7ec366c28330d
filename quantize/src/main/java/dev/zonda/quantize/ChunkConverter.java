package dev.zonda.quantize;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.ChunkedTasks.Chunk;
import dev.zonda.quantize.block.Codec;
import dev.zonda.quantize.block.Codecs;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Optional;

/// Converts one chunk after the other, for one worker: it owns the worker's buffers.
final class ChunkConverter implements AutoCloseable {
  /// The size of a cache line, so that workers do not share one.
  private static final long ALIGNMENT = 64;

  private final GgufModel source;
  private final TensorSink sink;
  private final NonfiniteValues nonfinite;
  private final Arena arena = Arena.ofConfined();
  private final MemorySegment sourceRows;
  private final MemorySegment targetRows;
  private final float[] values;

  ChunkConverter(GgufModel source, TensorSink sink, NonfiniteValues nonfinite, BufferSizes sizes) {
    this.source = source;
    this.sink = sink;
    this.nonfinite = nonfinite;
    this.sourceRows = arena.allocate(sizes.sourceBytes(), ALIGNMENT);
    this.targetRows = arena.allocate(sizes.targetBytes(), ALIGNMENT);
    this.values = new float[Math.toIntExact(sizes.values())];
  }

  void convert(Chunk chunk) throws IOException {
    TensorTask task = chunk.task();
    MemorySegment rows =
        source
            .rows(task.source(), chunk.firstRow(), chunk.rows(), sourceRows)
            .asSlice(0, chunk.sourceBytes());
    sink.write(
        task.target(),
        chunk.targetOffset(),
        task.isCopy() ? checked(chunk, rows) : converted(chunk, rows));
  }

  /// Copies are checked like everything else; integer types need no check.
  private MemorySegment checked(Chunk chunk, MemorySegment rows) throws IOException {
    TensorType type = chunk.task().source().type();
    if (nonfinite == NonfiniteValues.KEEP || Codecs.of(type).isEmpty() || isFinite(type, rows)) {
      return rows;
    }
    if (nonfinite == NonfiniteValues.FAIL) {
      throw sourceFault(RowCheck.FINITE, chunk);
    }
    return withBlocksZeroed(type, rows);
  }

  private boolean isFinite(TensorType type, MemorySegment blocks) {
    Optional<FloatBits> bits = FloatBits.of(type, RowCheck.FINITE);
    if (bits.isPresent()) {
      return !bits.get().isIn(blocks);
    }
    int count = Math.toIntExact(blocks.byteSize() / type.blockBytes() * type.blockSize());
    codec(type).dequantize(blocks, 0, values, 0, count);
    return !RowCheck.FINITE.isViolated(values, count);
  }

  /// All types read zero bytes as zeros.
  private MemorySegment withBlocksZeroed(TensorType type, MemorySegment blocks) {
    MemorySegment copy = MemorySegment.ofArray(blocks.toArray(ValueLayout.JAVA_BYTE));
    for (long at = 0; at < copy.byteSize(); at += type.blockBytes()) {
      MemorySegment block = copy.asSlice(at, type.blockBytes());
      if (!isFinite(type, block)) {
        block.fill((byte) 0);
      }
    }
    return copy;
  }

  private MemorySegment converted(Chunk chunk, MemorySegment rows) throws IOException {
    load(chunk, rows);
    if (nonfinite == NonfiniteValues.KEEP || isSafe(chunk, rows)) {
      return quantize(chunk);
    }
    int count = valueCount(chunk);
    RowCheck check = RowCheck.of(chunk.task().target().type());
    if (check.isViolated(values, count)) {
      if (nonfinite == NonfiniteValues.FAIL) {
        throw sourceFault(check, chunk);
      }
      check.zero(values, count);
    }
    MemorySegment quantized = quantize(chunk);
    if (overflows(chunk, quantized)) {
      if (nonfinite == NonfiniteValues.FAIL) {
        throw scaleFault(chunk);
      }
      load(chunk, rows);
      RowCheck.F16.zero(values, count);
      quantized = quantize(chunk);
      if (overflows(chunk, quantized)) {
        throw scaleFault(chunk);
      }
    }
    return quantized;
  }

  /// Whether nothing can go wrong with these rows, as is nearly always the case.
  private boolean isSafe(Chunk chunk, MemorySegment rows) {
    RowCheck check = RowCheck.safe(chunk.task().target().type());
    return FloatBits.of(chunk.task().source().type(), check)
        .map(bits -> !bits.isIn(rows))
        .orElseGet(() -> !check.isViolated(values, valueCount(chunk)));
  }

  private void load(Chunk chunk, MemorySegment rows) {
    codec(chunk.task().source().type()).dequantize(rows, 0, values, 0, valueCount(chunk));
  }

  private MemorySegment quantize(Chunk chunk) {
    TensorInfo target = chunk.task().target();
    int rowLength = Math.toIntExact(target.shape().rowLength());
    codec(target.type())
        .quantize(values, chunk.rows(), rowLength, chunk.importance(), targetRows, 0);
    return targetRows.asSlice(0, chunk.rows() * target.rowBytes());
  }

  /// Whether a scale is infinite: scales are stored as F16. Only huge values can overflow them, so
  /// this is rarely looked at. The check overwrites [#values].
  private boolean overflows(Chunk chunk, MemorySegment quantized) {
    TensorType type = chunk.task().target().type();
    int count = valueCount(chunk);
    if (!type.isQuantized() || !RowCheck.safe(type).isViolated(values, count)) {
      return false;
    }
    codec(type).dequantize(quantized, 0, values, 0, count);
    return RowCheck.FINITE.isViolated(values, count);
  }

  /// Goes through the whole tensor, for the message.
  private FormatException sourceFault(RowCheck check, Chunk chunk) throws IOException {
    TensorInfo tensor = chunk.task().source();
    long firstRow = -1;
    int firstIndex = 0;
    float firstValue = 0;
    long total = 0;
    // A chunk that is copied can have more values than fit.
    long rowsAtOnce = Math.min(chunk.rows(), values.length / tensor.shape().rowLength());
    for (long row = 0; row < tensor.shape().rows(); row += rowsAtOnce) {
      long rows = Math.min(rowsAtOnce, tensor.shape().rows() - row);
      int count = Math.toIntExact(rows * tensor.shape().rowLength());
      codec(tensor.type())
          .dequantize(source.rows(tensor, row, rows, sourceRows), 0, values, 0, count);
      long here = check.count(values, count);
      if (here > 0 && total == 0) {
        firstRow = row;
        firstIndex = check.first(values);
        firstValue = values[firstIndex];
      }
      total += here;
    }
    return fault(
        chunk.task(), firstRow, firstIndex, firstValue, "such values in the tensor: " + total);
  }

  private FormatException scaleFault(Chunk chunk) {
    int index = RowCheck.FINITE.first(values);
    long count = RowCheck.FINITE.count(values, valueCount(chunk));
    return fault(
        chunk.task(),
        chunk.firstRow(),
        index,
        values[index],
        "such values in the tensor: at least " + count);
  }

  private FormatException fault(
      TensorTask task, long firstRow, int index, float value, String howMany) {
    int rowLength = (int) task.source().shape().rowLength();
    return FormatException.in(
        Path.of(source.name()),
        ("tensor '%s', row %d, column %d: %s, expected a finite number that %s can hold (%s); to"
                + " continue anyway, give --nonfinite zero")
            .formatted(
                task.source().name(),
                firstRow + index / rowLength,
                index % rowLength,
                value,
                task.target().type(),
                howMany));
  }

  private static int valueCount(Chunk chunk) {
    return Math.toIntExact(chunk.rows() * chunk.task().source().shape().rowLength());
  }

  private static Codec codec(TensorType type) {
    return Codecs.of(type)
        .orElseThrow(() -> new IllegalArgumentException("no codec for type " + type));
  }

  @Override
  public void close() {
    arena.close();
  }
}
