package dev.zonda.quantize;

import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.ChunkedTasks.Chunk;
import dev.zonda.quantize.block.Codec;
import dev.zonda.quantize.block.Codecs;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/// Converts one chunk after the other, for one worker: it owns the worker's buffers.
final class ChunkConverter implements AutoCloseable {
  /// Cache lines, so that workers do not share any.
  private static final long ALIGNMENT = 64;

  private final GgufModel source;
  private final TensorSink sink;
  private final Arena arena = Arena.ofConfined();
  private final MemorySegment sourceRows;
  private final MemorySegment targetRows;
  private final float[] values;

  ChunkConverter(GgufModel source, TensorSink sink, BufferSizes sizes) {
    this.source = source;
    this.sink = sink;
    this.sourceRows = arena.allocate(sizes.sourceBytes(), ALIGNMENT);
    this.targetRows = arena.allocate(sizes.targetBytes(), ALIGNMENT);
    this.values = new float[Math.toIntExact(sizes.values())];
  }

  void convert(Chunk chunk) throws IOException {
    TensorTask task = chunk.task();
    MemorySegment rows = source.rows(task.source(), chunk.firstRow(), chunk.rows(), sourceRows);
    sink.write(
        task.target(),
        chunk.firstRow() * task.target().rowBytes(),
        task.isCopy() ? checked(chunk, rows) : converted(chunk, rows));
  }

  /// Copies are checked like all else; types of whole numbers have nothing to be checked.
  private MemorySegment checked(Chunk chunk, MemorySegment rows) throws IOException {
    Optional<Codec> codec = Codecs.of(chunk.task().source().type());
    if (codec.isPresent()) {
      int count = valueCount(chunk);
      codec.get().dequantize(rows, 0, values, 0, count);
      RowCheck.FINITE.require(values, count, source, chunk);
    }
    return rows.asSlice(0, chunk.sourceBytes());
  }

  private MemorySegment converted(Chunk chunk, MemorySegment rows) throws IOException {
    TensorInfo target = chunk.task().target();
    int rowLength = Math.toIntExact(target.shape().rowLength());
    int count = valueCount(chunk);
    codec(chunk.task().source().type()).dequantize(rows, 0, values, 0, count);
    RowCheck.of(target.type()).require(values, count, source, chunk);
    Codec codec = codec(target.type());
    codec.quantize(values, chunk.rows(), rowLength, chunk.importance(), targetRows, 0);
    if (target.type().isQuantized() && RowCheck.SAFE_SCALES.isViolated(values, count)) {
      // Scales are stored as F16. Only huge values can overflow them, so this is rare.
      codec.dequantize(targetRows, 0, values, 0, count);
      RowCheck.FINITE.require(values, count, source, chunk);
    }
    return targetRows.asSlice(0, chunk.rows() * target.rowBytes());
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
