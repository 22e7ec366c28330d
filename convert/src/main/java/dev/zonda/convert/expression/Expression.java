package dev.zonda.convert.expression;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;

/// The values of a tensor, computed when asked for. Immutable and safe for use by many threads.
public sealed interface Expression
    permits Load,
        Constant,
        Cast,
        Shift,
        Reshape,
        SelectRows,
        SelectColumns,
        JoinRows,
        Transpose,
        PackMxfp4,
        ScaledBytes,
        Bytes,
        Narrow,
        GroupedColumns,
        PackedRows,
        Multiple,
        NegativeExponential,
        UnitRows,
        UnitColumns,
        PackedTernary,
        Centered,
        Ternary {
  TensorType type();

  Shape shape();

  /// The bytes of consecutive rows, little endian.
  ///
  /// @param scratch at least as many bytes as the rows take, which may be used
  /// @return the rows: a view of a mapped file, the start of the scratch, or memory of their own
  MemorySegment rows(long first, long count, MemorySegment scratch);

  default long rowBytes() {
    return type().byteSize(shape().rowLength());
  }

  /// These values in another type; the same expression if it has that type already.
  default Expression as(TensorType target) {
    return target == type() ? this : new Cast(this, target);
  }

  /// The same values in another shape; the same expression if it has that shape already.
  default Expression reshaped(long... dimensions) {
    Shape target = Shape.of(dimensions);
    return target.equals(shape()) ? this : new Reshape(this, target);
  }

  /// Puts rows at the start of a segment, wherever they are now.
  ///
  /// @param target at least as many bytes as the rows take
  default void copyRows(long first, long count, MemorySegment target) {
    MemorySegment rows = rows(first, count, target);
    boolean isThere =
        target.asOverlappingSlice(rows).isPresent() && rows.address() == target.address();
    if (!isThere) {
      MemorySegment.copy(rows, 0, target, 0, rows.byteSize());
    }
  }
}
