package dev.zonda.quantize.imatrix;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.io.ByteCursor;
import dev.zonda.formats.io.MappedFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.TreeMap;

/// An importance matrix in the older format: a number of entries, each `name, calls, values`, then,
/// in later versions, the number of chunks and the name of the text.
///
/// ```
/// i32 entries
///   i32 length, bytes   name
///   i32 calls           how often the values were added up; 0 if they are means already
///   i32 count, f32[]    values
/// i32 chunks            absent in the oldest files
/// i32 length, bytes     name of the text
/// ```
final class LegacyImatrix {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private LegacyImatrix() {}

  static ImportanceMatrix read(MappedFile file) throws FormatException {
    ByteCursor cursor = file.cursor(file.size());
    int entries = cursor.i32("number of entries");
    if (entries < 1) {
      throw cursor.fault(0, "is no importance matrix: number of entries is " + entries);
    }
    TreeMap<String, float[]> weights = new TreeMap<>();
    for (int i = 0; i < entries; i++) {
      long at = cursor.position();
      String name = text(cursor, "name of entry " + i);
      if (weights.put(name, values(cursor, name)) != null) {
        throw cursor.fault(at, "entry '" + name + "' is there twice");
      }
    }
    long chunks = 0;
    Optional<String> dataset = Optional.empty();
    if (cursor.position() < file.size()) {
      chunks = Math.max(0, cursor.i32("number of chunks"));
      if (cursor.position() < file.size()) {
        dataset = Optional.of(text(cursor, "name of the text")).filter(text -> !text.isEmpty());
      }
    }
    return new ImportanceMatrix(file.path(), weights, dataset, chunks);
  }

  private static String text(ByteCursor cursor, String field) throws FormatException {
    int length = cursor.i32("length of " + field);
    return new String(cursor.bytes(length, field), StandardCharsets.UTF_8);
  }

  private static float[] values(ByteCursor cursor, String name) throws FormatException {
    int calls = cursor.i32("calls of '" + name + "'");
    long at = cursor.position();
    int count = cursor.i32("number of values of '" + name + "'");
    if (count < 1) {
      throw cursor.fault(at, "number of values of '" + name + "' is " + count);
    }
    byte[] bytes = cursor.bytes((long) count * Float.BYTES, "values of '" + name + "'");
    float[] values = MemorySegment.ofArray(bytes).toArray(FLOAT);
    if (calls > 0) {
      for (int i = 0; i < count; i++) {
        values[i] /= calls;
      }
    }
    return values;
  }
}
