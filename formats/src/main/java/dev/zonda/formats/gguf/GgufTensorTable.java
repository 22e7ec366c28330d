package dev.zonda.formats.gguf;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.io.ByteCursor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Reads the tensors' entries of a header, and finds their places in the file.
final class GgufTensorTable {
  /// The fewest bytes that an entry takes.
  static final int ENTRY_BYTES = Long.BYTES + Integer.BYTES + Integer.BYTES + Long.BYTES;

  /// The most dimensions that ggml has.
  static final int MOST_DIMENSIONS = 4;

  /// The longest names that ggml loads (`GGML_MAX_NAME` counts a zero byte after them); the
  /// specification allows one more.
  static final int MOST_NAME_BYTES = 63;

  private final ByteCursor cursor;
  private final long alignment;
  private final long fileBytes;

  /// @param cursor at the first entry
  GgufTensorTable(ByteCursor cursor, long alignment, long fileBytes) {
    this.cursor = cursor;
    this.alignment = alignment;
    this.fileBytes = fileBytes;
  }

  /// @return the tensors in file order, offsets counted from the start of the file
  List<TensorInfo> read(int count) throws FormatException {
    return locate(entries(count));
  }

  /// A tensor as its entry describes it.
  ///
  /// @param offset counted from the start of the data
  /// @param fieldAt where in the file that offset stands
  private record Placed(TensorSpec spec, long offset, long fieldAt) {}

  private List<Placed> entries(int count) throws FormatException {
    GgufValues values = new GgufValues(cursor);
    List<Placed> tensors = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < count; i++) {
      long at = cursor.position();
      String name = values.name("name of tensor " + i, MOST_NAME_BYTES);
      String field = "tensor '" + name + "'";
      if (!names.add(name)) {
        throw cursor.fault(at, field + " appears twice");
      }
      Shape shape = shape(field);
      TensorSpec spec = spec(name, shape, field);
      long fieldAt = cursor.position();
      tensors.add(new Placed(spec, cursor.i64("offset of " + field), fieldAt));
    }
    return tensors;
  }

  private Shape shape(String field) throws FormatException {
    long at = cursor.position();
    long rank = cursor.u32("number of dimensions of " + field);
    if (rank > MOST_DIMENSIONS) {
      throw cursor.fault(
          at, field + " has " + rank + " dimensions, expected at most " + MOST_DIMENSIONS);
    }
    // The file begins with the innermost dimension.
    long[] dimensions = new long[(int) rank];
    for (int i = dimensions.length - 1; i >= 0; i--) {
      long dimensionAt = cursor.position();
      dimensions[i] = cursor.i64("a dimension of " + field);
      if (dimensions[i] < 0) {
        throw cursor.fault(
            dimensionAt,
            field
                + " has a dimension of "
                + Long.toUnsignedString(dimensions[i])
                + ", which is too large");
      }
    }
    try {
      return Shape.of(dimensions);
    } catch (ArithmeticException e) {
      throw cursor.fault(at, field + " has more values than fit in 63 bits");
    }
  }

  private TensorSpec spec(String name, Shape shape, String field) throws FormatException {
    long at = cursor.position();
    int id = cursor.i32("type of " + field);
    TensorType type =
        TensorType.ofGgmlId(id)
            .orElseThrow(() ->
                cursor.fault(
                    at, field + " has the unknown type id " + Integer.toUnsignedString(id)));
    try {
      return new TensorSpec(name, type, shape);
    } catch (IllegalArgumentException e) {
      throw cursor.fault(
          at,
          field
              + " has rows of "
              + shape.rowLength()
              + " values, expected a multiple of "
              + type.blockSize()
              + " for "
              + type);
    } catch (ArithmeticException e) {
      throw cursor.fault(at, field + " has more bytes than fit in 63 bits");
    }
  }

  /// Turns offsets within the data into offsets within the file. Gaps between tensors are allowed,
  /// since the specification does not forbid them; so is data without padding after the last
  /// tensor.
  private List<TensorInfo> locate(List<Placed> placed) throws FormatException {
    long dataOffset = GgufLayout.align(cursor.position(), alignment);
    List<TensorInfo> tensors = new ArrayList<>(placed.size());
    for (Placed tensor : placed) {
      String field = "tensor '" + tensor.spec().name() + "'";
      long available = fileBytes - dataOffset;
      if (tensor.offset() % alignment != 0) {
        throw cursor.fault(
            tensor.fieldAt(),
            field
                + " has the offset "
                + Long.toUnsignedString(tensor.offset())
                + ", expected a multiple of "
                + alignment);
      }
      if (tensor.offset() < 0
          || tensor.offset() > available
          || tensor.spec().bytes() > available - tensor.offset()) {
        throw cursor.fault(
            tensor.fieldAt(),
            field
                + " takes "
                + tensor.spec().bytes()
                + " bytes at "
                + Long.toUnsignedString(tensor.offset())
                + " of the data, but the file has only "
                + Math.max(available, 0)
                + " bytes of data; is it truncated?");
      }
      tensors.add(new TensorInfo(tensor.spec(), dataOffset + tensor.offset()));
    }
    refuseOverlaps(tensors);
    return List.copyOf(tensors);
  }

  private void refuseOverlaps(List<TensorInfo> tensors) throws FormatException {
    List<TensorInfo> sorted =
        tensors.stream()
            .filter(tensor -> tensor.bytes() > 0)
            .sorted(Comparator.comparingLong(TensorInfo::offset))
            .toList();
    for (int i = 1; i < sorted.size(); i++) {
      TensorInfo before = sorted.get(i - 1);
      TensorInfo tensor = sorted.get(i);
      if (tensor.offset() < before.offset() + before.bytes()) {
        throw cursor.fault(
            tensor.offset(),
            "tensor '" + tensor.name() + "' overlaps tensor '" + before.name() + "'");
      }
    }
  }
}
