package dev.zonda.convert.expression;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;

/// Some or all rows of a tensor in another order.
///
/// @param shape has the source's rows, as many as the order
public record SelectRows(Expression source, RowOrder order, Shape shape) implements Expression {
  public SelectRows {
    if (shape.rowLength() != source.shape().rowLength()
        || shape.rows() != order.rows()
        || order.last() >= source.shape().rows()) {
      throw new IllegalArgumentException(order + " of " + source.shape() + " is not " + shape);
    }
  }

  /// Rows of a matrix, or values of a vector, as a matrix or vector.
  public static Expression of(Expression source, RowOrder order) {
    if (source.shape().rank() > 1) {
      Shape shape = Shape.of(order.rows(), source.shape().rowLength());
      return new SelectRows(source, order, shape);
    }
    Expression column = source.reshaped(source.shape().elements(), 1);
    return new SelectRows(column, order, Shape.of(order.rows(), 1)).reshaped(order.rows());
  }

  @Override
  public TensorType type() {
    return source.type();
  }

  @Override
  public MemorySegment rows(long first, long count, MemorySegment scratch) {
    if (order.run(first) >= count) {
      return source.rows(order.source(first), count, scratch);
    }
    long rowBytes = rowBytes();
    if (source.shape().elements() == source.shape().rows()) {
      return singleValues(first, count, scratch);
    }
    for (long done = 0; done < count; ) {
      long run = Math.min(order.run(first + done), count - done);
      MemorySegment target = scratch.asSlice(done * rowBytes, run * rowBytes);
      source.copyRows(order.source(first + done), run, target);
      done += run;
    }
    return scratch.asSlice(0, count * rowBytes);
  }

  /// The source is a column, a bias for example: read once.
  private MemorySegment singleValues(long first, long count, MemorySegment scratch) {
    long rows = source.shape().rows();
    long bytes = rowBytes();
    MemorySegment all =
        source.rows(0, rows, MemorySegment.ofArray(new byte[Math.toIntExact(rows * bytes)]));
    for (long i = 0; i < count; i++) {
      MemorySegment.copy(all, order.source(first + i) * bytes, scratch, i * bytes, bytes);
    }
    return scratch.asSlice(0, count * bytes);
  }
}
