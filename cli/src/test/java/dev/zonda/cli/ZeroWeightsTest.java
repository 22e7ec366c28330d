package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.quantize.block.Codecs;
import dev.zonda.quantize.imatrix.ActivationSums;
import dev.zonda.quantize.imatrix.ImatrixFormat;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// An importance matrix without weight for some columns, as texts give that leave parts of a
/// network alone.
class ZeroWeightsTest {
  private static final String MODEL = TestData.shakespeareMistral().toString();
  private static final Path STORED =
      TestData.path("models/shakespeare-mistral.reference/imatrix.gguf");

  private static final String QUERY = "blk.0.attn_q.weight";
  private static final String DOWN = "blk.1.ffn_down.weight";

  @TempDir private Path folder;

  /// Zeros for all columns of one tensor, and for the first super-block of another.
  @BeforeEach
  void writeMatrices() throws IOException {
    write("zeros.gguf", 0);
    write("ones.gguf", 1);
  }

  /// @param weight in place of some
  private void write(String name, int weight) throws IOException {
    ActivationSums stored = ActivationSums.read(STORED, OptionalInt.empty());
    TreeMap<String, ActivationSums.Entry> entries = new TreeMap<>(stored.entries());
    for (String tensor : List.of(QUERY, DOWN)) {
      ActivationSums.Entry entry = entries.get(tensor);
      float[] sums = entry.sums().clone();
      int columns = tensor.equals(QUERY) ? sums.length : 256;
      Arrays.fill(sums, 0, columns, weight * (float) entry.counts()[0]);
      entries.put(tensor, new ActivationSums.Entry(sums, entry.counts()));
    }
    new ActivationSums(entries, stored.datasets(), stored.chunkSize())
        .write(folder.resolve(name), ImatrixFormat.GGUF, OverwritePolicy.FAIL);
  }

  private CliRun convert(String type, String matrix, String output, String... more) {
    List<String> line =
        new ArrayList<>(
            List.of(
                "convert",
                MODEL,
                "-t",
                type,
                "--imatrix",
                folder.resolve(matrix).toString(),
                "-o",
                folder.resolve(output).toString()));
    line.addAll(List.of(more));
    CliRun run = CliRun.of(line.toArray(String[]::new));
    assertEquals(0, run.exitCode(), run.err());
    return run;
  }

  @Test
  void tensorsAndColumnsAreNamed() throws IOException {
    CliRun run = convert("Q4_K_M", "zeros.gguf", "lost.gguf");
    String reason = " have the weight 0 in the importance matrix\n";
    assertTrue(run.err().contains("warning: '" + QUERY + "': all 256 columns" + reason), run.err());
    assertTrue(
        run.err().contains("warning: '" + DOWN + "': columns 0 to 255 of 768" + reason), run.err());
    assertTrue(run.err().contains("--fill-zero-weights to replace the weight by 1"), run.err());
    assertEquals(0, largest("lost.gguf", QUERY, 0, 256));
    assertEquals(0, largest("lost.gguf", DOWN, 0, 256));
    assertNotEquals(0, largest("lost.gguf", DOWN, 256, 768));

    JsonNode json =
        JsonMapper.shared()
            .readTree(convert("Q4_K_M", "zeros.gguf", "x.gguf", "--dry-run", "--json").out());
    assertEquals(2, json.get("zero_columns").size());
    assertEquals(DOWN, json.at("/zero_columns/1/tensor").asString());
    assertEquals(255, json.at("/zero_columns/1/zeros/0/last").asInt());
  }

  @Test
  void filledTheyCountLikeOnes() throws IOException {
    CliRun run = convert("Q4_K_M", "zeros.gguf", "filled.gguf", "--fill-zero-weights");
    assertFalse(run.err().contains("weight 0"), run.err());
    CliRun ones = convert("Q4_K_M", "ones.gguf", "ones-Q4.gguf");
    assertFalse(ones.err().contains("weight 0"), ones.err());
    for (String tensor : List.of(QUERY, DOWN)) {
      assertEquals(values("ones-Q4.gguf", tensor), values("filled.gguf", tensor));
      assertNotEquals(0, largest("filled.gguf", tensor, 0, 256));
    }
  }

  /// Q8_0 does not look at weights, a tensor that is left out of the matrix has none.
  @Test
  void nothingIsSaidWhereWeightsDoNotCount() {
    assertFalse(convert("Q8_0", "zeros.gguf", "a.gguf").err().contains("weight 0"));
    String without =
        convert("Q4_K_M", "zeros.gguf", "b.gguf", "--exclude-weights", QUERY, "--dry-run").err();
    assertFalse(without.contains(QUERY + "': all"), without);
    assertTrue(without.contains(DOWN + "': columns"), without);
  }

  @Test
  void thereIsNothingToFillWithoutAMatrix() {
    CliRun run =
        CliRun.of(
            "convert",
            MODEL,
            "-t",
            "Q4_K_M",
            "--fill-zero-weights",
            "-o",
            folder.resolve("c.gguf").toString());
    assertEquals(2, run.exitCode());
    assertTrue(
        run.err().contains("weights of 0 can be filled only in an importance matrix"), run.err());
    assertFalse(Files.exists(folder.resolve("c.gguf")));
  }

  /// The largest magnitude in some columns.
  private double largest(String file, String tensor, int from, int to) throws IOException {
    int rowLength;
    try (GgufFile model = GgufFile.open(folder.resolve(file))) {
      rowLength = Math.toIntExact(model.find(tensor).orElseThrow().shape().rowLength());
    }
    List<Float> values = values(file, tensor);
    double largest = 0;
    for (int i = 0; i < values.size(); i++) {
      if (i % rowLength >= from && i % rowLength < to) {
        largest = Math.max(largest, Math.abs(values.get(i)));
      }
    }
    return largest;
  }

  private List<Float> values(String file, String tensor) throws IOException {
    try (GgufFile model = GgufFile.open(folder.resolve(file))) {
      TensorInfo info = model.find(tensor).orElseThrow();
      float[] values = new float[Math.toIntExact(info.shape().elements())];
      Codecs.of(info.type())
          .orElseThrow()
          .dequantize(model.data(info), 0, values, 0, values.length);
      List<Float> list = new ArrayList<>();
      for (float value : values) {
        list.add(value);
      }
      return list;
    }
  }
}
