package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.OverwritePolicy;
import dev.zonda.quantize.imatrix.ActivationSums;
import dev.zonda.quantize.imatrix.ImatrixFormat;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ImatrixCommandTest {
  private static final String MODEL = TestData.shakespeareMistral().toString();
  private static final String REFERENCE = "models/shakespeare-mistral.reference/";
  private static final String TEXT = TestData.path(REFERENCE + "calibration.txt").toString();
  private static final String STORED = TestData.path(REFERENCE + "imatrix.gguf").toString();

  @TempDir private Path folder;

  private String file(String name) {
    return folder.resolve(name).toString();
  }

  private static JsonNode json(CliRun run) {
    assertEquals(0, run.exitCode(), run.err());
    return JsonMapper.shared().readTree(run.out());
  }

  private static CliRun measure(String output, String... more) {
    List<String> line =
        new ArrayList<>(
            List.of("imatrix", MODEL, "-f", TEXT, "--ctx", "64", "--chunks", "3", "-o", output));
    line.addAll(List.of(more));
    return CliRun.of(line.toArray(String[]::new));
  }

  @Test
  void measuredMatrixQuantizes() {
    JsonNode json = json(measure(file("m.gguf"), "--json"));
    assertEquals(3, json.get("chunks").asInt());
    assertEquals(64, json.get("chunk_size").asInt());
    assertEquals(28, json.get("tensors").size());
    assertEquals(TEXT, json.at("/datasets/0").asString());
    assertEquals(192, json.at("/tensors/0/counts/0").asInt());
    assertEquals(0, json.get("without_data").size());

    CliRun quantized =
        CliRun.of(
            "convert", MODEL, "-t", "IQ2_XXS", "--imatrix", file("m.gguf"), "-o", file("q.gguf"));
    assertEquals(0, quantized.exitCode(), quantized.err());
  }

  /// The memory is planned before tensors are looked at.
  @Test
  void aMatrixWithoutRowsIsRefused() throws IOException {
    Path model = folder.resolve("model.gguf");
    assertEquals(0, CliRun.of("convert", MODEL, "-o", model.toString()).exitCode());
    byte[] bytes = Files.readAllBytes(model);
    byte[] name = "blk.0.ffn_down.weight".getBytes(StandardCharsets.UTF_8);
    int at = 0;
    while (!Arrays.equals(bytes, at, at + name.length, name, 0, name.length)) {
      at++;
    }
    // Behind the name: the number of dimensions, the length of a row, the number of rows.
    Arrays.fill(bytes, at + name.length + 12, at + name.length + 20, (byte) 0);
    Files.write(model, bytes);
    CliRun run =
        CliRun.of("imatrix", model.toString(), "-f", TEXT, "--ctx", "16", "-o", file("m.gguf"));
    assertEquals(3, run.exitCode(), run.err());
    assertTrue(run.err().contains("blk.0.ffn_down.weight"), run.err());
  }

  @Test
  void matricesAddUpAndTheSuffixDecidesOnTheFormat() {
    assertEquals(0, measure(file("a.gguf"), "--process-output").exitCode());
    CliRun both = CliRun.of("imatrix", "--in-file", file("a.gguf"), "-o", file("b.dat"));
    assertEquals(0, both.exitCode(), both.err());
    assertTrue(both.out().contains("chunks   3 of 64 tokens"), both.out());
    JsonNode json =
        json(
            measure(
                file("c.gguf"), "--in-file", file("a.gguf"), "--in-file", file("b.dat"), "--json"));
    assertEquals(9, json.get("chunks").asInt());
    assertEquals(29, json.get("tensors").size());
    assertEquals(576, json.at("/tensors/0/counts/0").asInt());
  }

  @Test
  void storedMatrixIsRewrittenAsItWas() throws IOException {
    assertEquals(0, CliRun.of("imatrix", "--in-file", STORED, "-o", file("m.x")).exitCode());
    assertEquals(-1, Files.mismatch(Path.of(STORED), folder.resolve("m.x")));
    CliRun dat =
        CliRun.of("imatrix", "--in-file", STORED, "-o", file("m.y"), "--output-format", "dat");
    assertEquals(0, dat.exitCode(), dat.err());
    assertEquals(
        -1, Files.mismatch(TestData.path(REFERENCE + "imatrix.dat"), folder.resolve("m.y")));
  }

  @Test
  void statisticsNeedNoOutput() {
    CliRun run = CliRun.of("imatrix", "--in-file", STORED, "--show-statistics");
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(
        run.out().matches("(?s).*\n +3  attn_k +219\\.90 +0\\.2035 +19\\.7011 .*"), run.out());
    assertTrue(run.out().contains("μCosSim"), run.out());
    JsonNode json = json(CliRun.of("imatrix", "--in-file", STORED, "--show-statistics", "--json"));
    assertEquals("attn_k", json.at("/statistics/tensors/0/kind").asString());
    assertEquals(4, json.at("/statistics/layers").size());
  }

  @Test
  void expertsWithoutDataAreNamed() throws IOException {
    ActivationSums sums =
        new ActivationSums(
            new TreeMap<>(
                Map.of(
                    "blk.0.ffn_up_exps.weight",
                    new ActivationSums.Entry(
                        new float[] {0, 0, 1, 1, 0, 0}, new long[] {0, 7, 0}))),
            List.of("t"),
            7);
    sums.write(folder.resolve("m.gguf"), ImatrixFormat.GGUF, OverwritePolicy.FAIL);
    CliRun run = CliRun.of("imatrix", "--in-file", file("m.gguf"), "-o", file("n.gguf"), "-q");
    assertEquals(0, run.exitCode());
    assertEquals(
        "warning: blk.0.ffn_up_exps.weight: no token of the text reached expert 0, expert 2 of 3,"
            + " so quantization will weight all columns there alike\n",
        run.err());
    assertTrue(run.out().contains("least used expert  0 tokens"), run.out());
  }

  @Test
  void columnsThatMetOnlyZerosAreNamed() throws IOException {
    ActivationSums sums =
        new ActivationSums(
            new TreeMap<>(
                Map.of(
                    "blk.0.ffn_down.weight",
                    new ActivationSums.Entry(new float[] {0, 0, 1, 0}, new long[] {7}))),
            List.of("t"),
            7);
    sums.write(folder.resolve("m.gguf"), ImatrixFormat.GGUF, OverwritePolicy.FAIL);
    CliRun run = CliRun.of("imatrix", "--in-file", file("m.gguf"), "-o", file("n.gguf"), "-q");
    assertEquals(0, run.exitCode());
    assertEquals(
        "warning: 'blk.0.ffn_down.weight': columns 0 to 1, 3 of 4 met only zeros in the text\n"
            + "warning: most types turn groups of such columns into zeros: measure a longer"
            + " text, or"
            + " quantize with --fill-zero-weights\n",
        run.err());
    JsonNode json =
        json(CliRun.of("imatrix", "--in-file", file("m.gguf"), "-o", file("o.gguf"), "--json"));
    assertEquals(
        JsonMapper.shared()
            .readTree(
                """
                [{"tensor": "blk.0.ffn_down.weight", "columns": 4,
                  "zeros": [{"first": 0, "last": 1}, {"first": 3, "last": 3}]}]
                """),
        json.get("zero_columns"));
  }

  @Test
  void linesWithoutSenseAreUsageErrors() {
    assertUsage("the model needs a text: give -f TEXT", MODEL, "-o", file("m.gguf"));
    assertUsage("-f needs a model: give MODEL", "-f", TEXT, "-o", file("m.gguf"));
    assertUsage("there is nothing to measure", "-o", file("m.gguf"));
    assertUsage("there is nothing to do", "--in-file", STORED);
    assertUsage(
        "--chunks needs a text", "--in-file", STORED, "-o", file("m.gguf"), "--chunks", "3");
    assertUsage(
        "--ctx is 0, expected 1 or more", "--in-file", STORED, "-o", file("m.gguf"), "--ctx", "0");
    assertUsage("is an input: name another file", "--in-file", STORED, "-o", STORED, "--force");
    assertUsage(
        "'txt' is neither gguf nor dat",
        "--in-file",
        STORED,
        "-o",
        file("m"),
        "--output-format",
        "txt");
  }

  private static void assertUsage(String message, String... line) {
    String[] all = new String[line.length + 1];
    all[0] = "imatrix";
    System.arraycopy(line, 0, all, 1, line.length);
    CliRun run = CliRun.of(all);
    assertEquals(2, run.exitCode(), run.err());
    assertTrue(run.err().contains(message), run.err());
  }

  @Test
  void existingOutputNeedsForce() throws IOException {
    Files.writeString(folder.resolve("m.gguf"), "mine");
    assertEquals(2, CliRun.of("imatrix", "--in-file", STORED, "-o", file("m.gguf")).exitCode());
    assertEquals("mine", Files.readString(folder.resolve("m.gguf")));
    assertEquals(
        0, CliRun.of("imatrix", "--in-file", STORED, "-o", file("m.gguf"), "--force").exitCode());
  }

  @Test
  void matricesOfOtherModelsAreNotAdded() throws IOException {
    ActivationSums other =
        new ActivationSums(
            new TreeMap<>(
                Map.of(
                    "blk.0.attn_k.weight", new ActivationSums.Entry(new float[6], new long[] {7}))),
            List.of("t"),
            7);
    other.write(folder.resolve("m.gguf"), ImatrixFormat.GGUF, OverwritePolicy.FAIL);
    CliRun run =
        CliRun.of("imatrix", "--in-file", STORED, "--in-file", file("m.gguf"), "-o", file("n"));
    assertEquals(3, run.exitCode());
    assertEquals(
        "error: "
            + file("m.gguf")
            + ": 'blk.0.attn_k.weight' has 256 sums in one matrix and 6 in another: they are of"
            + " different models\n",
        run.err());
  }
}
