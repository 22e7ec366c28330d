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
    if (source instanceof Load) {
      convert(source.rows(first, count, scratch), scratch, 0, count * shape().rowLength(), values);
    } else {
      MemorySegment row = MemorySegment.ofArray(new byte[Math.toIntExact(source.rowBytes())]);
      for (long i = 0; i < count; i++) {
        convert(
            source.rows(first + i, 1, row), scratch, i * rowBytes(), shape().rowLength(), values);
      }
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
