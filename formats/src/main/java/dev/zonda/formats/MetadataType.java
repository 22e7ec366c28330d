package dev.zonda.formats;

import java.util.Optional;

/// The types of metadata values, in the order of their ids in a GGUF file (`enum
/// gguf_metadata_value_type` of the GGUF specification).
public enum MetadataType {
  UINT8(0, 1),
  INT8(1, 1),
  UINT16(2, 2),
  INT16(3, 2),
  UINT32(4, 4),
  INT32(5, 4),
  FLOAT32(6, 4),
  BOOL(7, 1),
  STRING(8, -1),
  ARRAY(9, -1),
  UINT64(10, 8),
  INT64(11, 8),
  FLOAT64(12, 8);

  private final int id;
  private final int bytes;

  MetadataType(int id, int bytes) {
    this.id = id;
    this.bytes = bytes;
  }

  public int id() {
    return id;
  }

  public boolean hasFixedSize() {
    return bytes > 0;
  }

  /// Bytes of one value of a type of fixed size.
  ///
  /// @throws IllegalStateException for strings and arrays, whose size varies
  public int bytes() {
    if (bytes < 0) {
      throw new IllegalStateException(this + " values have no fixed size");
    }
    return bytes;
  }

  public static Optional<MetadataType> ofId(int id) {
    for (MetadataType type : values()) {
      if (type.id == id) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }
}
