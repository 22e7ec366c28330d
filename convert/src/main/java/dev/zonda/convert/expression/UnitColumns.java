package dev.zonda.convert.expression;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// A matrix whose columns are divided by their length, in single precision. The lengths are summed
/// row by row, as PyTorch does, when the first rows are asked for.
public final class UnitColumns implements Expression {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// Keeps columns of zeros from division by zero.
  private static final float LEAST = 1e-7f;

  private final Expression values;
  private float[] divisors = new float[0];

  public UnitColumns(Expression source) {
    this.values = source.as(TensorType.F32);
  }

  Expression source() {
    return values;
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
    float[] lengths = divisors();
    MemorySegment rows = values.rows(first, count, scratch);
    for (long row = 0; row < count; row++) {
      long at = row * rowBytes();
      for (int column = 0; column < lengths.length; column++) {
        long place = at + (long) column * Float.BYTES;
        scratch.set(FLOAT, place, rows.get(FLOAT, place) / lengths[column]);
      }
    }
    return scratch.asSlice(0, count * rowBytes());
  }

  private synchronized float[] divisors() {
    if (divisors.length == 0) {
      float[] sums = new float[Math.toIntExact(shape().rowLength())];
      MemorySegment own = MemorySegment.ofArray(new byte[Math.toIntExact(rowBytes())]);
      for (long row = 0; row < shape().rows(); row++) {
        MemorySegment in = values.rows(row, 1, own);
        for (int column = 0; column < sums.length; column++) {
          float value = in.get(FLOAT, (long) column * Float.BYTES);
          sums[column] += value * value;
        }
      }
      for (int column = 0; column < sums.length; column++) {
        sums[column] = (float) Math.sqrt(sums[column]) + LEAST;
      }
      divisors = sums;
    }
    return divisors;
  }
}
