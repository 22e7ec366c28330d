package dev.zonda.formats;

import java.util.AbstractList;
import java.util.List;

/// A value of GGUF metadata, with the type that it has in the file.
public sealed interface MetadataValue {
  MetadataType type();

  /// @param value 0 to 255
  record Uint8(int value) implements MetadataValue {
    public Uint8 {
      requireRange(value, 0, 0xff);
    }

    @Override
    public MetadataType type() {
      return MetadataType.UINT8;
    }
  }

  record Int8(byte value) implements MetadataValue {
    @Override
    public MetadataType type() {
      return MetadataType.INT8;
    }
  }

  /// @param value 0 to 65535
  record Uint16(int value) implements MetadataValue {
    public Uint16 {
      requireRange(value, 0, 0xffff);
    }

    @Override
    public MetadataType type() {
      return MetadataType.UINT16;
    }
  }

  record Int16(short value) implements MetadataValue {
    @Override
    public MetadataType type() {
      return MetadataType.INT16;
    }
  }

  /// @param value 0 to 2^32-1
  record Uint32(long value) implements MetadataValue {
    public Uint32 {
      requireRange(value, 0, 0xffff_ffffL);
    }

    @Override
    public MetadataType type() {
      return MetadataType.UINT32;
    }
  }

  record Int32(int value) implements MetadataValue {
    @Override
    public MetadataType type() {
      return MetadataType.INT32;
    }
  }

  record Float32(float value) implements MetadataValue {
    @Override
    public MetadataType type() {
      return MetadataType.FLOAT32;
    }
  }

  record Bool(boolean value) implements MetadataValue {
    @Override
    public MetadataType type() {
      return MetadataType.BOOL;
    }
  }

  record Text(String value) implements MetadataValue {
    @Override
    public MetadataType type() {
      return MetadataType.STRING;
    }
  }

  /// @param value the 64 bits, to be read as unsigned
  record Uint64(long value) implements MetadataValue {
    @Override
    public MetadataType type() {
      return MetadataType.UINT64;
    }
  }

  record Int64(long value) implements MetadataValue {
    @Override
    public MetadataType type() {
      return MetadataType.INT64;
    }
  }

  record Float64(double value) implements MetadataValue {
    @Override
    public MetadataType type() {
      return MetadataType.FLOAT64;
    }
  }

  /// An array; its elements may be arrays again.
  ///
  /// @param elementType type of every element; also set if there are no elements
  /// @param values unmodifiable; may be a view that decodes on access
  record Array(MetadataType elementType, List<MetadataValue> values) implements MetadataValue {
    @Override
    public MetadataType type() {
      return MetadataType.ARRAY;
    }

    /// A view of the given strings.
    public static Array ofStrings(List<String> strings) {
      List<String> texts = List.copyOf(strings);
      return new Array(
          MetadataType.STRING,
          new AbstractList<>() {
            @Override
            public MetadataValue get(int index) {
              return new Text(texts.get(index));
            }

            @Override
            public int size() {
              return texts.size();
            }
          });
    }

    /// A view of the given values, as INT32; the array must not change any more.
    public static Array ofInts(int... ints) {
      return new Array(
          MetadataType.INT32,
          new AbstractList<>() {
            @Override
            public MetadataValue get(int index) {
              return new Int32(ints[index]);
            }

            @Override
            public int size() {
              return ints.length;
            }
          });
    }

    /// A view of the given values, as FLOAT32; the array must not change any more.
    public static Array ofFloats(float... floats) {
      return new Array(
          MetadataType.FLOAT32,
          new AbstractList<>() {
            @Override
            public MetadataValue get(int index) {
              return new Float32(floats[index]);
            }

            @Override
            public int size() {
              return floats.length;
            }
          });
    }
  }

  private static void requireRange(long value, long low, long high) {
    if (value < low || value > high) {
      throw new IllegalArgumentException(value + " is not between " + low + " and " + high);
    }
  }
}
