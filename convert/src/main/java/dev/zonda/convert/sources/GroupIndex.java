package dev.zonda.convert.sources;

import dev.zonda.convert.expression.Expression;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Optional;

/// The group of each input. Only these values can be wrong, so they are checked before anything is
/// written.
final class GroupIndex {
  /// If all values are this one, inputs are in order.
  private static final int NONE = -1;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private GroupIndex() {}

  /// The index, unless it says that there is none.
  ///
  /// @param file to be named in messages
  /// @param groups how many there are
  /// @throws FormatException if a group does not exist
  static Optional<Expression> of(Path file, SourceTensor tensor, long groups)
      throws FormatException {
    Expression values = tensor.values();
    if (values.type() != TensorType.I32 || values.shape().rank() != 1) {
      throw FormatException.in(
          file,
          "tensor '%s' is %s %s, expected a vector of I32"
              .formatted(tensor.name(), values.type(), values.shape()));
    }
    MemorySegment own = MemorySegment.ofArray(new byte[Math.toIntExact(values.rowBytes())]);
    MemorySegment read = values.rows(0, 1, own);
    long count = values.shape().rowLength();
    long none = 0;
    while (none < count && read.get(INT, none * Integer.BYTES) == NONE) {
      none++;
    }
    if (none == count) {
      return Optional.empty();
    }
    for (long i = 0; i < count; i++) {
      int group = read.get(INT, i * Integer.BYTES);
      if (group < 0 || group >= groups) {
        throw FormatException.in(
            file,
            "tensor '%s' has group %d at index %d, expected 0 to %d"
                .formatted(tensor.name(), group, i, groups - 1));
      }
    }
    return Optional.of(values);
  }
}
