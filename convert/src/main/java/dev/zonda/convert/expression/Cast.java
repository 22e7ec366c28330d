package dev.zonda.convert.expression;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import dev.zonda.quantize.block.Codec;
import dev.zonda.quantize.block.Codecs;
import dev.zonda.quantize.block.Importance;
import java.lang.foreign.MemorySegment;

/// The values of an expression in another type, through single precision: rounded to nearest even,
/// infinite where they are too large.
public record Cast(Expression source, TensorType type) implements Expression {
  /// Values that are converted at a time.
  private static final int CHUNK = 4096;

  /// Most bytes of computed rows that are held at a time; a few rows together are cheaper to
  /// transpose than one by one.
  private static final int BATCH_BYTES = 4 << 20;

  public Cast {
    if (source.type().isQuantized() || type.isQuantized()) {
      throw new IllegalArgumentException("cannot cast " + source.type() + " to " + type);
    }
    codec(source.type());
    codec(type);
  }

  @Override
  public Shape shape() {
    return source.shape();
  }

  @Override
  public MemorySegment rows(long first, long count, MemorySegment scratch) {
    float[] values = new float[(int) Math.min(CHUNK, Math.max(1, count * shape().rowLength()))];
    long length = shape().rowLength();
    if (source instanceof Load) {
      MemorySegment in = source.rows(first, count, scratch);
      // False if the file holds values in another order: then they lie where the wider ones will
      // go.
      boolean isView = scratch.asOverlappingSlice(in).isEmpty();
      if (isView) {
        convert(in, scratch, 0, count * length, values);
        return scratch.asSlice(0, count * rowBytes());
      }
    }
    long batch = Math.clamp(BATCH_BYTES / Math.max(1, source.rowBytes()), 1, Math.max(1, count));
    MemorySegment own = MemorySegment.ofArray(new byte[Math.toIntExact(batch * source.rowBytes())]);
    for (long done = 0; done < count; done += batch) {
      long here = Math.min(batch, count - done);
      convert(
          source.rows(first + done, here, own), scratch, done * rowBytes(), here * length, values);
    }
    return scratch.asSlice(0, count * rowBytes());
  }

  private void convert(
      MemorySegment in, MemorySegment out, long outAt, long count, float[] values) {
    Codec from = codec(source.type());
    Codec to = codec(type);
    for (long done = 0; done < count; done += values.length) {
      int length = (int) Math.min(values.length, count - done);
      from.dequantize(in, done * from.type().blockBytes(), values, 0, length);
      to.quantize(values, 1, length, Importance.NONE, out, outAt + done * type.blockBytes());
    }
  }

  private static Codec codec(TensorType type) {
    return Codecs.of(type).orElseThrow(() -> new IllegalArgumentException("no codec for " + type));
  }
}
