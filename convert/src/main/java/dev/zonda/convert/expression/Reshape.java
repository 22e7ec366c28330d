package dev.zonda.convert.expression;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;

/// The same values in the same order, in another shape. Cheap where the length of rows stays; else
/// the rows that a range touches are read whole, so it is for small tensors such as biases.
public record Reshape(Expression source, Shape shape) implements Expression {
  public Reshape {
    if (source.shape().elements() != shape.elements()) {
      throw new IllegalArgumentException(source.shape() + " has other values than " + shape);
    }
    if (source.type().isQuantized() && source.shape().rowLength() != shape.rowLength()) {
      throw new IllegalArgumentException("blocks of values cannot be cut");
    }
  }

  @Override
  public TensorType type() {
    return source.type();
  }

  @Override
  public MemorySegment rows(long first, long count, MemorySegment scratch) {
    if (source.shape().rowLength() == shape.rowLength()) {
      return source.rows(first, count, scratch);
    }
    if (count == 0) {
      return scratch.asSlice(0, 0);
    }
    long start = first * rowBytes();
    long end = (first + count) * rowBytes();
    long sourceFirst = start / source.rowBytes();
    long sourceCount = Math.ceilDiv(end, source.rowBytes()) - sourceFirst;
    MemorySegment own =
        MemorySegment.ofArray(new byte[Math.toIntExact(sourceCount * source.rowBytes())]);
    return source
        .rows(sourceFirst, sourceCount, own)
        .asSlice(start - sourceFirst * source.rowBytes(), end - start);
  }
}
