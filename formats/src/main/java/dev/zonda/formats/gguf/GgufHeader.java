package dev.zonda.formats.gguf;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.io.ByteCursor;
import dev.zonda.formats.io.MappedFile;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Everything before the tensors' data in one GGUF file, checked against the file's size.
///
/// @param tensors in file order, offsets counted from the start of the file
record GgufHeader(
    int version, ByteOrder order, Metadata metadata, List<TensorInfo> tensors, long alignment) {
  /// Bytes of everything before the data. A vocabulary of 128,000 tokens and its merges takes 8 MB.
  static final long MOST_BYTES = 1L << 27;

  static final int MOST_KEYS = 1 << 16;
  static final int MOST_TENSORS = 1 << 18;

  /// The specification's limit.
  static final int MOST_KEY_BYTES = 65_535;

  static final int MAGIC = 0x46554747; // "GGUF", little endian

  private static final int KEY_BYTES = Long.BYTES + 1 + Integer.BYTES + 1;

  static GgufHeader read(MappedFile file) throws FormatException {
    ByteCursor cursor = file.cursor(MOST_BYTES);
    int magic = cursor.i32("magic");
    if (magic != MAGIC) {
      throw cursor.fault(0, "magic is 0x%08x, expected 0x%08x ('GGUF')".formatted(magic, MAGIC));
    }
    int version = version(cursor);
    int tensorCount = cursor.count("number of tensors", GgufTensorTable.ENTRY_BYTES, MOST_TENSORS);
    int keyCount = cursor.count("number of metadata keys", KEY_BYTES, MOST_KEYS);
    Metadata metadata = metadata(cursor, keyCount);
    long alignment = alignment(file, metadata);
    List<TensorInfo> tensors =
        new GgufTensorTable(cursor, alignment, file.size()).read(tensorCount);
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
      String key = values.name("metadata key " + i, MOST_KEY_BYTES);
      if (key.isEmpty()) {
        throw cursor.fault(at, "metadata key " + i + " is empty");
      }
      if (!keys.add(key)) {
        throw cursor.fault(at, "metadata key '" + key + "' appears twice");
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
          GgufLayout.ALIGNMENT_KEY
              + " is "
              + alignment
              + ", expected a power of two of at least 8");
    }
    return alignment;
  }
}
