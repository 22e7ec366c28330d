package dev.zonda.convert.expression;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// A matrix whose rows are divided by their lengths.
public record UnitRows(Expression values) implements Expression {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// Keeps rows of zeros from division by zero.
  private static final double LEAST = 1e-12;

  public UnitRows {
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
    for (long row = 0; row < count; row++) {
      long from = row * rowBytes();
      long end = from + rowBytes();
      double sum = 0;
      for (long at = from; at < end; at += Float.BYTES) {
        double value = rows.get(FLOAT, at);
        sum += value * value;
      }
      double length = Math.max(Math.sqrt(sum), LEAST);
      for (long at = from; at < end; at += Float.BYTES) {
        scratch.set(FLOAT, at, (float) (rows.get(FLOAT, at) / length));
      }
    }
    return scratch.asSlice(0, count * rowBytes());
  }
}
