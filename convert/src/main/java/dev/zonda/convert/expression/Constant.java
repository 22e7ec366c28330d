package dev.zonda.convert.expression;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;

/// Values that follow from the configuration: a vector in single precision.
public record Constant(List<Float> values) implements Expression {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  public Constant {
    values = List.copyOf(values);
  }

  @Override
  public TensorType type() {
    return TensorType.F32;
  }

  @Override
  public Shape shape() {
    return Shape.of(values.size());
  }

  @Override
  public MemorySegment rows(long first, long count, MemorySegment scratch) {
    for (int i = 0; i < values.size() * count; i++) {
      scratch.set(FLOAT, (long) i * Float.BYTES, values.get(i));
    }
    return scratch.asSlice(0, count * rowBytes());
  }
}
