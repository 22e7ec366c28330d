package dev.zonda.quantize.imatrix;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.gguf.GgufLayout;
import dev.zonda.formats.output.TensorFile;
import dev.zonda.quantize.block.Importance;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImportanceMatrixTest {
  private static final Metadata METADATA =
      Metadata.builder()
          .put("imatrix.datasets", MetadataValue.Array.ofStrings(List.of("a.txt", "b.txt")))
          .putUint32("imatrix.chunk_count", 7)
          .putUint32("imatrix.chunk_size", 512)
          .build();

  @TempDir private Path folder;

  private static TensorInfo tensor(long... shape) {
    return new TensorInfo(new TensorSpec("t.weight", TensorType.F16, Shape.of(shape)), 0);
  }

  private static float[] columns(Importance importance) {
    return ((Importance.Columns) importance).columns();
  }

  private Path gguf(Metadata metadata, Map<String, float[]> tensors) throws IOException {
    Path file = folder.resolve("m.gguf");
    List<TensorSpec> specs =
        tensors.entrySet().stream()
            .map(entry ->
                new TensorSpec(entry.getKey(), TensorType.F32, Shape.of(entry.getValue().length)))
            .toList();
    GgufLayout layout = GgufLayout.plan(metadata, specs);
    try (TensorFile writer = TensorFile.create(file, layout, OverwritePolicy.REPLACE)) {
      for (TensorInfo info : layout.tensors()) {
        float[] values = tensors.get(info.name());
        byte[] bytes = new byte[(int) info.bytes()];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(values);
        writer.write(info, 0, MemorySegment.ofArray(bytes));
      }
      writer.commit();
    }
    return file;
  }

  private static SequencedMap<String, float[]> sums(float[] sums, float... counts) {
    SequencedMap<String, float[]> tensors = new TreeMap<>();
    tensors.put("t.weight.in_sum2", sums);
    tensors.put("t.weight.counts", counts);
    return tensors;
  }

  private String failure(Path file) {
    return assertThrows(FormatException.class, () -> ImportanceMatrix.read(file)).getMessage();
  }

  private static byte[] legacy(String name, int calls, float[] values, Optional<String> dataset) {
    byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(1000).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(1).putInt(nameBytes.length).put(nameBytes).putInt(calls).putInt(values.length);
    for (float value : values) {
      bytes.putFloat(value);
    }
    dataset.ifPresent(
        text -> bytes.putInt(9).putInt(text.length()).put(text.getBytes(StandardCharsets.UTF_8)));
    byte[] written = new byte[bytes.position()];
    bytes.flip().get(written);
    return written;
  }

  private Path dat(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("m.dat"), bytes);
  }

  @Test
  void sumsAreDividedByCountsMatrixByMatrix() throws Exception {
    Path file = gguf(METADATA, sums(new float[] {2, 4, 9, 9, 5, 10}, 2, 0, 4.6f));
    ImportanceMatrix matrix = ImportanceMatrix.read(file);
    assertEquals(1, matrix.size());
    assertEquals(7, matrix.chunks());
    assertEquals(Optional.of("a.txt"), matrix.dataset());
    List<Importance> importance = matrix.of(tensor(3, 8, 2), "t.weight");
    assertEquals(3, importance.size());
    assertArrayEquals(new float[] {1, 2}, columns(importance.get(0)));
    assertArrayEquals(new float[] {1, 1}, columns(importance.get(1)), "an expert never asked");
    assertArrayEquals(new float[] {1, 2}, columns(importance.get(2)), "counts are rounded");
    assertEquals(List.of(), matrix.of(tensor(8, 2), "other.weight"));
  }

  @Test
  void legacyValuesAreDividedByCalls() throws Exception {
    ImportanceMatrix matrix =
        ImportanceMatrix.read(
            dat(legacy("t.weight", 4, new float[] {2, 8}, Optional.of("text.txt"))));
    assertArrayEquals(
        new float[] {0.5f, 2}, columns(matrix.of(tensor(8, 2), "t.weight").getFirst()));
    assertEquals(9, matrix.chunks());
    assertEquals(Optional.of("text.txt"), matrix.dataset());
    ImportanceMatrix old =
        ImportanceMatrix.read(dat(legacy("t.weight", 0, new float[] {2, 8}, Optional.empty())));
    assertArrayEquals(new float[] {2, 8}, columns(old.of(tensor(8, 2), "t.weight").getFirst()));
    assertEquals(0, old.chunks());
    assertEquals(Optional.empty(), old.dataset());
  }

  @Test
  void bothFormatsTellTheSame() throws Exception {
    ImportanceMatrix gguf = ImportanceMatrix.read(reference("imatrix.gguf"));
    ImportanceMatrix legacy = ImportanceMatrix.read(reference("imatrix.dat"));
    assertEquals(28, gguf.size());
    assertEquals(28, legacy.size());
    assertEquals(90, gguf.chunks());
    assertEquals(90, legacy.chunks());
    assertEquals(gguf.dataset(), legacy.dataset());
    String name = "blk.2.ffn_down.weight";
    TensorInfo down = tensor(256, 768);
    assertArrayEquals(
        columns(gguf.of(down, name).getFirst()), columns(legacy.of(down, name).getFirst()), 1e-3f);
  }

  private static Path reference(String file) {
    return TestData.path("models/shakespeare-mistral.reference/" + file);
  }

  @Test
  void aMatrixOfAnotherModelIsNoticed() throws Exception {
    ImportanceMatrix matrix = ImportanceMatrix.read(gguf(METADATA, sums(new float[] {2, 4, 6}, 1)));
    String message =
        assertThrows(FormatException.class, () -> matrix.of(tensor(8, 2), "t.weight")).getMessage();
    assertEquals(
        folder.resolve("m.gguf")
            + ": has 3 weights for 't.weight', which has 1 matrices of 2 columns: was it measured"
            + " on this model?",
        message);
  }

  @Test
  void namesCanBeFiltered() throws Exception {
    ImportanceMatrix all = ImportanceMatrix.read(reference("imatrix.gguf"));
    assertEquals(4, all.filtered(name -> name.contains("attn_v")).size());
  }

  @Test
  void brokenGgufMatricesAreRefused() throws Exception {
    assertTrue(
        failure(gguf(Metadata.empty(), sums(new float[] {1}, 1))).contains("it lacks imatrix"));
    assertTrue(failure(gguf(METADATA, new TreeMap<>())).contains("no tensor is named"));
    TreeMap<String, float[]> half = new TreeMap<>();
    half.put("t.weight.in_sum2", new float[] {1});
    assertTrue(failure(gguf(METADATA, half)).contains("tensor 't.weight.counts' is missing"));
    half.clear();
    half.put("t.weight.counts", new float[] {1});
    assertTrue(failure(gguf(METADATA, half)).contains("tensor 't.weight.in_sum2' is missing"));
    assertTrue(
        failure(gguf(METADATA, sums(new float[] {1, 2, 3}, 1, 1))).contains("3 sums and 2 counts"));
    assertTrue(failure(gguf(METADATA, sums(new float[0]))).contains("0 sums and 0 counts"));
    for (float bad : new float[] {-1, Float.NaN, Float.POSITIVE_INFINITY}) {
      assertTrue(
          failure(gguf(METADATA, sums(new float[] {1, bad}, 1)))
              .contains("weight 1 of 't.weight' is " + bad),
          "" + bad);
    }
  }

  @Test
  void everyTruncationOfALegacyFileIsRefused() throws Exception {
    byte[] whole = legacy("t.weight", 4, new float[] {2, 8}, Optional.of("text.txt"));
    int withoutEnd = legacy("t.weight", 4, new float[] {2, 8}, Optional.empty()).length;
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = java.util.Arrays.copyOf(whole, length);
      if (length == withoutEnd || length == withoutEnd + 4) {
        ImportanceMatrix.read(dat(cut)); // Older files end there.
      } else {
        assertTrue(
            failure(dat(cut)).startsWith(folder.resolve("m.dat").toString()), "length " + length);
      }
    }
  }

  @Test
  void hostileLengthsOfALegacyFileAreRefused() throws Exception {
    byte[] good = legacy("t.weight", 4, new float[] {2, 8}, Optional.of("text.txt"));
    int[] lengthFields = {0, 4, 20, good.length - 12};
    for (int at : lengthFields) {
      for (int hostile : new int[] {-1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
        byte[] bad = good.clone();
        ByteBuffer.wrap(bad).order(ByteOrder.LITTLE_ENDIAN).putInt(at, hostile);
        assertTrue(
            failure(dat(bad)).startsWith(folder.resolve("m.dat") + " @0x"), at + " " + hostile);
      }
    }
  }
}
