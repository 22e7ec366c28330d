package dev.zonda.convert.expression;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;

/// A matrix with its columns in another order: every row is a column of values, from which an order
/// takes each once.
///
/// @param order of as many values as a row has
public record SelectColumns(Expression source, RowOrder order) implements Expression {
  public SelectColumns {
    if (source.type().isQuantized() || order.rows() != source.shape().rowLength()) {
      throw new IllegalArgumentException(
          "%s of rows of %s %s".formatted(order, source.type(), source.shape()));
    }
  }

  @Override
  public TensorType type() {
    return source.type();
  }

  @Override
  public Shape shape() {
    return source.shape();
  }

  @Override
  public MemorySegment rows(long first, long count, MemorySegment scratch) {
    long length = shape().rowLength();
    long bytes = type().byteSize(1);
    MemorySegment own = MemorySegment.ofArray(new byte[Math.toIntExact(rowBytes())]);
    for (long row = 0; row < count; row++) {
      MemorySegment values = source.rows(first + row, 1, own);
      long target = row * rowBytes();
      for (long done = 0; done < length; ) {
        long run = Math.min(order.run(done), length - done);
        MemorySegment.copy(
            values, order.source(done) * bytes, scratch, target + done * bytes, run * bytes);
        done += run;
      }
    }
    return scratch.asSlice(0, count * rowBytes());
  }
}
