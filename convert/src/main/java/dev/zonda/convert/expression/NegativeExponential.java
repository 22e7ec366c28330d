package dev.zonda.convert.expression;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// `-exp(x)` of every value: the rates at which states fade, of their logarithms. Each is the float
/// nearest to the true value.
///
/// torch computes it by its processor's library, and so does llama.cpp's converter: of four million
/// values, one in a hundred is the next float with 512-bit vectors and one in twenty-five with
/// 256-bit ones, and they are not the same ones.
public record NegativeExponential(Expression source) implements Expression {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

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
    MemorySegment rows = source.as(TensorType.F32).rows(first, count, scratch);
    long bytes = count * rowBytes();
    for (long at = 0; at < bytes; at += Float.BYTES) {
      scratch.set(FLOAT, at, (float) -StrictMath.exp(rows.get(FLOAT, at)));
    }
    return scratch.asSlice(0, bytes);
  }
}
