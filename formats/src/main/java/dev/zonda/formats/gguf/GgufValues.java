package dev.zonda.formats.gguf;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.MetadataType;
import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.io.ByteCursor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/// Reads metadata values from a header.
final class GgufValues {
  /// Arrays within arrays; real files have one level.
  static final int MOST_DEPTH = 16;

  /// Elements of an array, far more than any vocabulary has.
  static final int MOST_ELEMENTS = 1 << 26;

  /// Arrays of arrays, and arrays in them, in one file; each takes more memory than bytes in the
  /// file.
  static final int MOST_NESTED = 1 << 16;

  private static final int ARRAY_HEADER_BYTES = Integer.BYTES + Long.BYTES;

  private final ByteCursor cursor;
  private int nested;

  GgufValues(ByteCursor cursor) {
    this.cursor = cursor;
  }

  String text(String field, int mostBytes) throws FormatException {
    int length = cursor.count("length of " + field, 1, mostBytes);
    return GgufText.decode(cursor.bytes(length, field), 0, length);
  }

  /// A key or a tensor's name, which every reader must be able to hold and to print.
  String name(String field, int mostBytes) throws FormatException {
    long at = cursor.position();
    String name = text(field, mostBytes);
    Optional<String> problem = GgufText.problemOfName(name);
    if (problem.isPresent()) {
      throw cursor.fault(at, field + " " + problem.get());
    }
    return name;
  }

  MetadataValue value(String field) throws FormatException {
    MetadataType type = type("type of " + field);
    return switch (type) {
      case STRING -> new MetadataValue.Text(text(field, Integer.MAX_VALUE));
      case ARRAY -> array(field);
      default -> PackedArray.value(type, fixed(type, 1, field), cursor.order());
    };
  }

  private MetadataType type(String field) throws FormatException {
    long at = cursor.position();
    int id = cursor.i32(field);
    return MetadataType.ofId(id)
        .orElseThrow(() ->
            cursor.fault(at, field + " is " + Integer.toUnsignedString(id) + ", expected 0 to 12"));
  }

  /// An array that is being filled with arrays.
  private record Open(int size, List<MetadataValue> values) {
    boolean isFull() {
      return values.size() == size;
    }

    MetadataValue close() {
      return new MetadataValue.Array(MetadataType.ARRAY, Collections.unmodifiableList(values));
    }
  }

  /// Keeps its own stack: the depth is the file's choice.
  private MetadataValue array(String field) throws FormatException {
    Deque<Open> outer = new ArrayDeque<>();
    while (true) {
      long at = cursor.position();
      MetadataType type = type("element type of " + field);
      MetadataValue complete;
      if (type == MetadataType.ARRAY) {
        if (outer.size() == MOST_DEPTH) {
          throw cursor.fault(at, field + " nests arrays deeper than " + MOST_DEPTH);
        }
        int size = cursor.count("size of " + field, ARRAY_HEADER_BYTES, MOST_NESTED - nested);
        nested += size;
        Open opened = new Open(size, new ArrayList<>());
        if (!opened.isFull()) {
          outer.push(opened);
          continue;
        }
        complete = opened.close();
      } else {
        complete = flat(type, field);
      }
      while (!outer.isEmpty()) {
        outer.peek().values().add(complete);
        if (!outer.peek().isFull()) {
          break;
        }
        complete = outer.pop().close();
      }
      if (outer.isEmpty()) {
        return complete;
      }
    }
  }

  private MetadataValue flat(MetadataType type, String field) throws FormatException {
    int bytesEach = type == MetadataType.STRING ? Long.BYTES : type.bytes();
    int size = cursor.count("size of " + field, bytesEach, MOST_ELEMENTS);
    return new MetadataValue.Array(
        type,
        type == MetadataType.STRING
            ? strings(size, field)
            : PackedArray.of(type, fixed(type, size, field), cursor.order()));
  }

  private List<MetadataValue> strings(int size, String field) throws FormatException {
    String lengthField = "length of a string of " + field;
    long from = cursor.position();
    int[] starts = new int[size + 1];
    for (int i = 0; i < size; i++) {
      cursor.skip(cursor.count(lengthField, 1, Integer.MAX_VALUE), field);
      starts[i + 1] = Math.toIntExact(cursor.position() - from);
    }
    return new PackedStrings(cursor.copy(from, cursor.position()), starts, cursor.order());
  }

  private byte[] fixed(MetadataType type, int size, String field) throws FormatException {
    long at = cursor.position();
    byte[] bytes = cursor.bytes((long) type.bytes() * size, field);
    if (type == MetadataType.BOOL) {
      for (int i = 0; i < bytes.length; i++) {
        if (bytes[i] != 0 && bytes[i] != 1) {
          throw cursor.fault(
              at + i, field + " is " + Byte.toUnsignedInt(bytes[i]) + ", expected 0 or 1");
        }
      }
    }
    return bytes;
  }
}
