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
import java.util.Arrays;
import java.util.Optional;

/// Converts one chunk after the other, for one worker: it owns the worker's buffers.
final class ChunkConverter implements AutoCloseable {
  /// Cache lines, so that workers do not share any.
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
    MemorySegment rows = source.rows(task.source(), chunk.firstRow(), chunk.rows(), sourceRows);
    sink.write(
        task.target(),
        chunk.targetOffset(),
        task.isCopy() ? checked(chunk, rows) : converted(chunk, rows));
  }

  /// Copies are checked like all else; types of whole numbers have nothing to be checked.
  private MemorySegment checked(Chunk chunk, MemorySegment rows) throws IOException {
    MemorySegment bytes = rows.asSlice(0, chunk.sourceBytes());
    Optional<Codec> codec = Codecs.of(chunk.task().source().type());
    if (codec.isEmpty() || nonfinite == NonfiniteValues.KEEP) {
      return bytes;
    }
    int count = valueCount(chunk);
    codec.get().dequantize(rows, 0, values, 0, count);
    if (!RowCheck.FINITE.isViolated(values, count)) {
      return bytes;
    }
    if (nonfinite == NonfiniteValues.FAIL) {
      throw sourceFault(RowCheck.FINITE, chunk);
    }
    return withBlocksZeroed(chunk.task().source().type(), bytes, count);
  }

  /// All types read zero bytes as zeros.
  private MemorySegment withBlocksZeroed(TensorType type, MemorySegment bytes, int count) {
    MemorySegment copy = MemorySegment.ofArray(bytes.toArray(ValueLayout.JAVA_BYTE));
    int blockSize = type.blockSize();
    for (int from = 0; from < count; from += blockSize) {
      if (RowCheck.FINITE.count(Arrays.copyOfRange(values, from, from + blockSize), blockSize)
          > 0) {
        copy.asSlice((long) (from / blockSize) * type.blockBytes(), type.blockBytes())
            .fill((byte) 0);
      }
    }
    return copy;
  }

  private MemorySegment converted(Chunk chunk, MemorySegment rows) throws IOException {
    int count = valueCount(chunk);
    load(chunk, rows);
    RowCheck check = RowCheck.of(chunk.task().target().type());
    if (nonfinite != NonfiniteValues.KEEP && check.isViolated(values, count)) {
      if (nonfinite == NonfiniteValues.FAIL) {
        throw sourceFault(check, chunk);
      }
      check.zero(values, count);
    }
    MemorySegment quantized = quantize(chunk);
    if (nonfinite != NonfiniteValues.KEEP && overflows(chunk, quantized)) {
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
  /// this is rarely looked at. If it is, the values are lost.
  private boolean overflows(Chunk chunk, MemorySegment quantized) {
    TensorType type = chunk.task().target().type();
    int count = valueCount(chunk);
    if (!type.isQuantized() || !RowCheck.SAFE_SCALES.isViolated(values, count)) {
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
    for (long row = 0; row < tensor.shape().rows(); row += chunk.rows()) {
      int rows = (int) Math.min(chunk.rows(), tensor.shape().rows() - row);
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
    return fault(chunk.task(), firstRow, firstIndex, firstValue, "such values in it: " + total);
  }

  private FormatException scaleFault(Chunk chunk) {
    int index = RowCheck.FINITE.first(values);
    long count = RowCheck.FINITE.count(values, valueCount(chunk));
    return fault(
        chunk.task(),
        chunk.firstRow(),
        index,
        values[index],
        "such values in it: at least " + count);
  }

  private FormatException fault(
      TensorTask task, long firstRow, int index, float value, String howMany) {
    int rowLength = (int) task.source().shape().rowLength();
    return FormatException.in(
        Path.of(source.name()),
        ("tensor '%s', row %d, column %d: %s, expected a finite number that %s can hold (%s); to go"
                + " on nevertheless, give --nonfinite zero")
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
