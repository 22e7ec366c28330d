package dev.zonda.convert.expression;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import dev.zonda.quantize.block.Codec;
import dev.zonda.quantize.block.Codecs;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.OptionalDouble;

/// Each value rounded to minus one, zero or one times the mean magnitude of all values of the
/// tensor, in single precision, as BitNet rounds its matrices.
public final class Ternary implements Expression {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// The mean of a tensor of zeros.
  private static final float LEAST = 1e-5f;

  private final Expression source;
  private OptionalDouble inverse = OptionalDouble.empty();

  public Ternary(Expression source) {
    this.source = source;
    codec();
  }

  public Expression source() {
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
    float scale = inverse();
    float[] values = new float[Math.toIntExact(shape().rowLength())];
    for (long row = 0; row < count; row++) {
      read(first + row, values);
      for (int i = 0; i < values.length; i++) {
        float rounded = (float) Math.rint(values[i] * scale);
        values[i] = Math.clamp(rounded, -1, 1) / scale;
      }
      MemorySegment.copy(values, 0, scratch, FLOAT, row * rowBytes(), values.length);
    }
    return scratch.asSlice(0, count * rowBytes());
  }

  /// One over the mean magnitude, which takes a pass over all values.
  private synchronized float inverse() {
    if (inverse.isEmpty()) {
      long count = shape().elements();
      PairwiseSum sum = new PairwiseSum(count);
      float[] values = new float[Math.toIntExact(shape().rowLength())];
      for (long row = 0; row < shape().rows(); row++) {
        read(row, values);
        for (float value : values) {
          sum.add(Math.abs(value));
        }
      }
      inverse = OptionalDouble.of(1 / Math.max(sum.total() / count, LEAST));
    }
    return (float) inverse.getAsDouble();
  }

  private void read(long row, float[] values) {
    MemorySegment own = MemorySegment.ofArray(new byte[Math.toIntExact(source.rowBytes())]);
    codec().dequantize(source.rows(row, 1, own), 0, values, 0, values.length);
  }

  private Codec codec() {
    return Codecs.of(source.type())
        .orElseThrow(() -> new IllegalArgumentException("no codec for " + source.type()));
  }
}
