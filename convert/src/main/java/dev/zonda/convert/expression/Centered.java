package dev.zonda.convert.expression;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.OptionalDouble;

/// Each value minus the mean of all values of the tensor. As in PyTorch, the mean is summed in
/// single precision, and both it and the differences are rounded to the type of the values.
public final class Centered implements Expression {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Expression source;
  private OptionalDouble mean = OptionalDouble.empty();

  public Centered(Expression source) {
    this.source = source;
  }

  Expression source() {
    return source;
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
    float center = mean();
    MemorySegment rows = source.as(TensorType.F32).rows(first, count, scratch);
    long bytes = count * rowBytes();
    for (long at = 0; at < bytes; at += Float.BYTES) {
      scratch.set(FLOAT, at, rounded(rows.get(FLOAT, at) - center));
    }
    return scratch.asSlice(0, bytes);
  }

  /// The mean, which takes a pass over all values.
  private synchronized float mean() {
    if (mean.isEmpty()) {
      long count = shape().elements();
      PairwiseSum sum = new PairwiseSum(count);
      MemorySegment own = MemorySegment.ofArray(new byte[Math.toIntExact(rowBytes())]);
      for (long row = 0; row < shape().rows(); row++) {
        MemorySegment values = source.as(TensorType.F32).rows(row, 1, own);
        for (long at = 0; at < rowBytes(); at += Float.BYTES) {
          sum.add(values.get(FLOAT, at));
        }
      }
      mean = OptionalDouble.of(rounded(sum.total() / count));
    }
    return (float) mean.getAsDouble();
  }

  private float rounded(float value) {
    return switch (source.type()) {
      case F16 -> Float.float16ToFloat(Float.floatToFloat16(value));
      case BF16 -> bfloat16(value);
      default -> value;
    };
  }

  /// The upper half of a float's bits, rounded to the nearest, and to an even one between two.
  private static float bfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    int rounding = 0x7FFF + (bits >>> 16 & 1);
    return Float.intBitsToFloat((bits + rounding) & 0xFFFF0000);
  }
}
