package dev.zonda.convert.expression;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import dev.zonda.quantize.block.Codec;
import dev.zonda.quantize.block.Codecs;
import dev.zonda.quantize.block.Importance;
import java.lang.foreign.MemorySegment;

/// A number added to every value, in single precision.
public record Shift(Expression source, float summand) implements Expression {
  /// Values that are computed at a time.
  private static final int CHUNK = 4096;

  public Shift {
    codec(source.type());
  }

  @Override
  public TensorType type() {
    return TensorType.F32;
  }

  @Override
  public Shape shape() {
    return source.shape();
  }

  @Override
  public MemorySegment rows(long first, long count, MemorySegment scratch) {
    Codec from = codec(source.type());
    Codec to = codec(type());
    long length = shape().rowLength();
    float[] values = new float[Math.clamp(length, 1, CHUNK)];
    MemorySegment own = MemorySegment.ofArray(new byte[Math.toIntExact(source.rowBytes())]);
    for (long row = 0; row < count; row++) {
      MemorySegment in = source.rows(first + row, 1, own);
      for (long done = 0; done < length; done += values.length) {
        int here = (int) Math.min(values.length, length - done);
        from.dequantize(in, done * from.type().blockBytes(), values, 0, here);
        for (int i = 0; i < here; i++) {
          values[i] += summand;
        }
        long at = row * rowBytes() + done * to.type().blockBytes();
        to.quantize(values, 1, here, Importance.NONE, scratch, at);
      }
    }
    return scratch.asSlice(0, count * rowBytes());
  }

  private static Codec codec(TensorType type) {
    return Codecs.of(type).orElseThrow(() -> new IllegalArgumentException("no codec for " + type));
  }
}
