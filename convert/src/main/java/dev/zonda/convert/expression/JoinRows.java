package dev.zonda.convert.expression;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// The rows of several tensors of one type, one tensor after another.
///
/// @param parts at least one; rows of equal length
public record JoinRows(List<Expression> parts, Shape shape) implements Expression {
  public JoinRows {
    parts = List.copyOf(parts);
    long rows = 0;
    for (Expression part : parts) {
      if (part.type() != parts.getFirst().type() || part.shape().rowLength() != shape.rowLength()) {
        throw new IllegalArgumentException(
            "%s %s does not fit %s".formatted(part.type(), part.shape(), shape));
      }
      rows = Math.addExact(rows, part.shape().rows());
    }
    if (rows != shape.rows()) {
      throw new IllegalArgumentException(rows + " rows are not " + shape);
    }
  }

  /// Tensors of one shape as a tensor with one dimension more, outermost.
  public static Expression stack(List<Expression> parts) {
    long[] one = parts.getFirst().shape().toArray();
    long[] all = new long[one.length + 1];
    all[0] = parts.size();
    System.arraycopy(one, 0, all, 1, one.length);
    return new JoinRows(inOneType(parts), Shape.of(all));
  }

  /// Matrices below each other, or vectors one after the other.
  public static Expression concatenate(List<Expression> parts) {
    List<Expression> matrices =
        inOneType(parts).stream()
            .map(part -> part.shape().rank() > 1 ? part : part.reshaped(part.shape().elements(), 1))
            .toList();
    long rows = matrices.stream().mapToLong(part -> part.shape().rows()).sum();
    Shape shape = Shape.of(rows, matrices.getFirst().shape().rowLength());
    Expression joined = new JoinRows(matrices, shape);
    return parts.getFirst().shape().rank() > 1 ? joined : joined.reshaped(rows);
  }

  /// Parts of several types meet in single precision.
  private static List<Expression> inOneType(List<Expression> parts) {
    TensorType type = parts.getFirst().type();
    boolean same = parts.stream().allMatch(part -> part.type() == type);
    return same ? parts : parts.stream().map(part -> part.as(TensorType.F32)).toList();
  }

  @Override
  public TensorType type() {
    return parts.getFirst().type();
  }

  @Override
  public MemorySegment rows(long first, long count, MemorySegment scratch) {
    int index = 0;
    long inPart = first;
    while (inPart >= parts.get(index).shape().rows() && index < parts.size() - 1) {
      inPart -= parts.get(index).shape().rows();
      index++;
    }
    if (inPart + count <= parts.get(index).shape().rows()) {
      return parts.get(index).rows(inPart, count, scratch);
    }
    for (long done = 0; done < count; index++, inPart = 0) {
      Expression part = parts.get(index);
      long here = Math.min(part.shape().rows() - inPart, count - done);
      part.copyRows(inPart, here, scratch.asSlice(done * rowBytes(), here * rowBytes()));
      done += here;
    }
    return scratch.asSlice(0, count * rowBytes());
  }
}
