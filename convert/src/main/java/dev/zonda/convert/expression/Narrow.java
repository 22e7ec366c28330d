package dev.zonda.convert.expression;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Numbers in double precision, rounded to single precision.
public record Narrow(Expression source) implements Expression {
  private static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  public Narrow {
    if (source.type() != TensorType.F64) {
      throw new IllegalArgumentException(source.type() + " is not F64");
    }
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
    long length = shape().rowLength();
    MemorySegment own = MemorySegment.ofArray(new byte[Math.toIntExact(source.rowBytes())]);
    for (long row = 0; row < count; row++) {
      MemorySegment in = source.rows(first + row, 1, own);
      for (long i = 0; i < length; i++) {
        float value = (float) in.get(DOUBLE, i * Double.BYTES);
        scratch.set(FLOAT, row * rowBytes() + i * Float.BYTES, value);
      }
    }
    return scratch.asSlice(0, count * rowBytes());
  }
}
