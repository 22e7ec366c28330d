package dev.zonda.formats.gguf;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.io.ByteCursor;
import dev.zonda.formats.io.MappedFile;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What stands before the tensors' data in one GGUF file, checked against the file's size.
///
/// @param tensors in file order, offsets counted from the start of the file
record GgufHeader(
    int version, ByteOrder order, Metadata metadata, List<TensorInfo> tensors, long alignment) {
  /// Bytes of everything before the data. A vocabulary of 128,000 tokens and its merges takes 8 MB.
  static final long MOST_BYTES = 1L << 27;

  static final int MOST_KEYS = 1 << 16;
  static final int MOST_TENSORS = 1 << 18;

  /// The specification's limit for keys; tensor names are to be shorter, but some tools stretch it.
  static final int MOST_NAME_BYTES = 65_535;

  /// The most dimensions that ggml has.
  static final int MOST_DIMENSIONS = 4;

  static final int MAGIC = 0x46554747; // "GGUF", little endian

  private static final int KEY_BYTES = Long.BYTES + 1 + Integer.BYTES + 1;
  private static final int TENSOR_BYTES = Long.BYTES + Integer.BYTES + Integer.BYTES + Long.BYTES;

  static GgufHeader read(MappedFile file) throws FormatException {
    ByteCursor cursor = file.cursor(MOST_BYTES);
    int magic = cursor.i32("magic");
    if (magic != MAGIC) {
      throw cursor.fault(0, "magic is 0x%08x, expected 0x%08x ('GGUF')".formatted(magic, MAGIC));
    }
    int version = version(cursor);
    int tensorCount = cursor.count("number of tensors", TENSOR_BYTES, MOST_TENSORS);
    int keyCount = cursor.count("number of metadata keys", KEY_BYTES, MOST_KEYS);
    Metadata metadata = metadata(cursor, keyCount);
    long alignment = alignment(file, metadata);
    List<Placed> placed = tensors(cursor, tensorCount);
    List<TensorInfo> tensors = locate(file, cursor, placed, alignment);
    return new GgufHeader(version, cursor.order(), metadata, tensors, alignment);
  }

  /// The version also tells the byte order: no version needs more than 16 bits, so that the lower
  /// half is zero only if the bytes are the other way round.
  private static int version(ByteCursor cursor) throws FormatException {
    long at = cursor.position();
    int version = cursor.i32("version");
    if ((version & 0xffff) == 0) {
      cursor.setOrder(ByteOrder.BIG_ENDIAN);
      version = Integer.reverseBytes(version);
    }
    if (version != 2 && version != 3) {
      throw cursor.fault(
          at, "version is " + Integer.toUnsignedString(version) + ", expected 2 or 3");
    }
    return version;
  }

  private static Metadata metadata(ByteCursor cursor, int count) throws FormatException {
    GgufValues values = new GgufValues(cursor);
    Metadata.Builder metadata = Metadata.builder();
    Set<String> keys = new HashSet<>();
    for (int i = 0; i < count; i++) {
      long at = cursor.position();
      String key = values.text("metadata key " + i, MOST_NAME_BYTES);
      if (key.isEmpty()) {
        throw cursor.fault(at, "metadata key " + i + " is empty");
      }
      if (!keys.add(key)) {
        throw cursor.fault(at, "metadata key '" + key + "' is there twice");
      }
      metadata.put(key, values.value("'" + key + "'"));
    }
    return metadata.build();
  }

  private static long alignment(MappedFile file, Metadata metadata) throws FormatException {
    MetadataValue value =
        metadata
            .get(GgufLayout.ALIGNMENT_KEY)
            .orElse(new MetadataValue.Uint32(GgufLayout.DEFAULT_ALIGNMENT));
    if (!(value instanceof MetadataValue.Uint32(long alignment))) {
      throw FormatException.in(
          file.path(), GgufLayout.ALIGNMENT_KEY + " is " + value.type() + ", expected UINT32");
    }
    if (!GgufLayout.isAlignment(alignment)) {
      throw FormatException.in(
          file.path(),
          GgufLayout.ALIGNMENT_KEY + " is " + alignment + ", expected a power of two from 8 on");
    }
    return alignment;
  }

  /// A tensor as its entry tells.
  ///
  /// @param offset counted from the start of the data
  /// @param fieldAt where in the file that offset stands
  private record Placed(TensorSpec spec, long offset, long fieldAt) {}

  private static List<Placed> tensors(ByteCursor cursor, int count) throws FormatException {
    GgufValues values = new GgufValues(cursor);
    List<Placed> tensors = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < count; i++) {
      long at = cursor.position();
      String name = values.text("name of tensor " + i, MOST_NAME_BYTES);
      String field = "tensor '" + name + "'";
      if (!names.add(name)) {
        throw cursor.fault(at, field + " is there twice");
      }
      Shape shape = shape(cursor, field);
      TensorSpec spec = spec(cursor, name, shape, field);
      long fieldAt = cursor.position();
      tensors.add(new Placed(spec, cursor.i64("offset of " + field), fieldAt));
    }
    return tensors;
  }

  private static Shape shape(ByteCursor cursor, String field) throws FormatException {
    long at = cursor.position();
    long rank = cursor.u32("number of dimensions of " + field);
    if (rank > MOST_DIMENSIONS) {
      throw cursor.fault(
          at, field + " has " + rank + " dimensions, expected " + MOST_DIMENSIONS + " at most");
    }
    // The file begins with the innermost dimension.
    long[] dimensions = new long[(int) rank];
    for (int i = dimensions.length - 1; i >= 0; i--) {
      long dimensionAt = cursor.position();
      dimensions[i] = cursor.i64("a dimension of " + field);
      if (dimensions[i] < 0) {
        throw cursor.fault(
            dimensionAt,
            field + " has a dimension of " + Long.toUnsignedString(dimensions[i]) + ", too large");
      }
    }
    try {
      return Shape.of(dimensions);
    } catch (ArithmeticException e) {
      throw cursor.fault(at, field + " has more values than fit 63 bits");
    }
  }

  private static TensorSpec spec(ByteCursor cursor, String name, Shape shape, String field)
      throws FormatException {
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
      throw cursor.fault(at, field + " has more bytes than fit 63 bits");
    }
  }

  /// Turns offsets within the data into offsets within the file. Gaps between tensors are allowed,
  /// since the specification does not forbid them; so is data without padding behind the last.
  private static List<TensorInfo> locate(
      MappedFile file, ByteCursor cursor, List<Placed> placed, long alignment)
      throws FormatException {
    long dataOffset = GgufLayout.align(cursor.position(), alignment);
    List<TensorInfo> tensors = new ArrayList<>(placed.size());
    for (Placed tensor : placed) {
      String field = "tensor '" + tensor.spec().name() + "'";
      long available = file.size() - dataOffset;
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
    refuseOverlaps(cursor, tensors);
    return List.copyOf(tensors);
  }

  private static void refuseOverlaps(ByteCursor cursor, List<TensorInfo> tensors)
      throws FormatException {
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
