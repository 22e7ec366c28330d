package dev.zonda.convert.expression;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;

/// The values of a tensor, computed when asked for. Immutable and safe for use by many threads.
public sealed interface Expression permits Load, PermuteHeads, Cast {
  TensorType type();

  Shape shape();

  /// The bytes of consecutive rows, little endian.
  ///
  /// @param scratch at least as many bytes as the rows take, which may be used
  /// @return the rows: a view of a mapped file, or the start of the scratch
  MemorySegment rows(long first, long count, MemorySegment scratch);

  default long rowBytes() {
    return type().byteSize(shape().rowLength());
  }

  /// These values in another type; the same expression if it has that type already.
  default Expression as(TensorType target) {
    return target == type() ? this : new Cast(this, target);
  }
}
