package dev.zonda.convert.expression;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Every value times a number, in single precision.
public record Multiple(Expression values, float factor) implements Expression {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  public Multiple {
    values = values.as(TensorType.F32);
  }

  @Override
  public TensorType type() {
    return TensorType.F32;
  }

  @Override
  public Shape shape() {
    return values.shape();
  }

  @Override
  public MemorySegment rows(long first, long count, MemorySegment scratch) {
    MemorySegment rows = values.rows(first, count, scratch);
    long bytes = count * rowBytes();
    for (long at = 0; at < bytes; at += Float.BYTES) {
      scratch.set(FLOAT, at, rows.get(FLOAT, at) * factor);
    }
    return scratch.asSlice(0, bytes);
  }
}
