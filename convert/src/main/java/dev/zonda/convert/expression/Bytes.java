package dev.zonda.convert.expression;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Numbers of one byte, such as powers of two that are scales, in single precision.
public record Bytes(Expression codes) implements Expression {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  public Bytes {
    if (ByteValues.of(codes.type()).isEmpty()) {
      throw new IllegalArgumentException(codes.type() + " is not a type of one byte");
    }
  }

  @Override
  public TensorType type() {
    return TensorType.F32;
  }

  @Override
  public Shape shape() {
    return codes.shape();
  }

  @Override
  public MemorySegment rows(long first, long count, MemorySegment scratch) {
    float[] table = ByteValues.of(codes.type()).orElseThrow();
    MemorySegment own = MemorySegment.ofArray(new byte[Math.toIntExact(count * codes.rowBytes())]);
    MemorySegment read = codes.rows(first, count, own);
    for (long i = 0; i < read.byteSize(); i++) {
      float value = table[read.get(ValueLayout.JAVA_BYTE, i) & 0xFF];
      scratch.set(FLOAT, i * Float.BYTES, value);
    }
    return scratch.asSlice(0, count * rowBytes());
  }
}
