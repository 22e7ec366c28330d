package dev.zonda.quantize.imatrix;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.io.ByteCursor;
import dev.zonda.formats.io.MappedFile;
import dev.zonda.quantize.imatrix.ActivationSums.Entry;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
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

  /// An entry as it is stored.
  @SuppressWarnings("ArrayRecordComponent") // Taken apart at once.
  private record Stored(int calls, float[] values) {
    float[] means() {
      float[] means = values.clone();
      if (calls > 0) {
        for (int i = 0; i < means.length; i++) {
          means[i] /= calls;
        }
      }
      return means;
    }
  }

  private record Contents(TreeMap<String, Stored> entries, long chunks, Optional<String> dataset) {}

  static ImportanceMatrix read(MappedFile file) throws FormatException {
    Contents contents = contents(file);
    TreeMap<String, float[]> weights = new TreeMap<>();
    contents.entries().forEach((name, stored) -> weights.put(name, stored.means()));
    return new ImportanceMatrix(file.path(), weights, contents.dataset(), contents.chunks());
  }

  /// Sums and counts, as far as the file tells: it has means times a number of chunks.
  static ActivationSums sums(MappedFile file, int chunkSize) throws FormatException {
    Contents contents = contents(file);
    TreeMap<String, Entry> entries = new TreeMap<>();
    for (var stored : contents.entries().entrySet()) {
      int calls = stored.getValue().calls();
      if (calls < 1) {
        throw FormatException.in(
            file.path(),
            "does not say how often '%s' was counted: it can be used, but not merged with others"
                .formatted(stored.getKey()));
      }
      float[] sums = stored.getValue().values().clone();
      for (int i = 0; i < sums.length; i++) {
        sums[i] *= chunkSize;
      }
      entries.put(stored.getKey(), new Entry(sums, new long[] {(long) calls * chunkSize}));
    }
    return new ActivationSums(entries, contents.dataset().stream().toList(), chunkSize);
  }

  private static Contents contents(MappedFile file) throws FormatException {
    ByteCursor cursor = file.cursor(file.size());
    int count = cursor.i32("number of entries");
    if (count < 1) {
      throw cursor.fault(0, "is not an importance matrix: number of entries is " + count);
    }
    TreeMap<String, Stored> entries = new TreeMap<>();
    for (int i = 0; i < count; i++) {
      long at = cursor.position();
      String name = text(cursor, "name of entry " + i);
      if (entries.put(name, stored(cursor, name)) != null) {
        throw cursor.fault(at, "entry '" + name + "' appears twice");
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
    return new Contents(entries, chunks, dataset);
  }

  /// Writes sums as llama-imatrix does: tensors without any data are left out, and experts without
  /// data have ones.
  static void write(ActivationSums sums, OutputStream out) throws IOException {
    List<Map.Entry<String, Entry>> stored =
        sums.entries().entrySet().stream().filter(e -> e.getValue().largestCount() > 0).toList();
    writeInt(out, stored.size());
    for (var named : stored) {
      Entry entry = named.getValue();
      writeText(out, named.getKey());
      int calls = Math.toIntExact(Math.ceilDiv(entry.largestCount(), sums.chunkSize()));
      writeInt(out, calls);
      writeInt(out, entry.sums().length);
      ByteBuffer values =
          ByteBuffer.allocate(Math.multiplyExact(entry.sums().length, Float.BYTES))
              .order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < entry.sums().length; i++) {
        float count = entry.counts()[i / entry.sumsPerCount()];
        float mean = count == 0 ? 1 : entry.sums()[i] / count;
        values.putFloat(mean * calls);
      }
      out.write(values.array());
    }
    writeInt(out, Math.toIntExact(sums.chunks()));
    writeText(out, sums.datasets().isEmpty() ? "" : sums.datasets().getLast());
  }

  private static void writeInt(OutputStream out, int value) throws IOException {
    out.write(
        ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
  }

  private static void writeText(OutputStream out, String text) throws IOException {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    writeInt(out, utf8.length);
    out.write(utf8);
  }

  private static String text(ByteCursor cursor, String field) throws FormatException {
    int length = cursor.i32("length of " + field);
    return new String(cursor.bytes(length, field), StandardCharsets.UTF_8);
  }

  private static Stored stored(ByteCursor cursor, String name) throws FormatException {
    int calls = cursor.i32("calls of '" + name + "'");
    long at = cursor.position();
    int count = cursor.i32("number of values of '" + name + "'");
    if (count < 1) {
      throw cursor.fault(at, "number of values of '" + name + "' is " + count);
    }
    byte[] bytes = cursor.bytes((long) count * Float.BYTES, "values of '" + name + "'");
    return new Stored(calls, MemorySegment.ofArray(bytes).toArray(FLOAT));
  }
}
