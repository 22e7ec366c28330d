package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataType;
import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Runs `quantize` with options and compares whole files with what llama-quantize made of the same
/// input with the same options: see `generate_options.py` in the test data.
class QuantizeOptionsTest {
  @TempDir private static Path folder;

  private static JsonNode cases;
  private static JsonNode splits;

  @BeforeAll
  static void convert() throws IOException {
    JsonNode golden =
        JsonMapper.shared().readTree(Files.readString(TestData.path("golden/options.json")));
    cases = golden.get("cases");
    splits = golden.get("splits");
    String model = TestData.shakespeareMistral().toString();
    CliRun run = CliRun.of("convert", model, "--as-reference", "-o", input("whole"));
    assertEquals(0, run.exitCode(), run.err());
  }

  private static String input(String name) {
    return folder.resolve(name + ".gguf").toString();
  }

  private static CliRun quantize(Path output, String type, List<String> options) {
    List<String> arguments =
        new ArrayList<>(
            List.of("quantize", input("whole"), "-t", type, "-o", output.toString(), "--force"));
    arguments.addAll(options);
    return CliRun.of(arguments.toArray(String[]::new));
  }

  private static Metadata metadataWith(String... options) throws IOException {
    Path output = folder.resolve("out.gguf");
    CliRun run = quantize(output, "Q8_0", List.of(options));
    assertEquals(0, run.exitCode(), run.err());
    try (GgufFile file = GgufFile.open(output)) {
      return file.metadata();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"override", "override heads", "prune", "prune first and last"})
  void filesHaveTheReferencesBytes(String name) throws IOException {
    JsonNode expected = cases.get(name);
    Path output = folder.resolve("out.gguf");
    CliRun run =
        quantize(
            output,
            expected.get("type").asString(),
            expected.get("options").valueStream().map(JsonNode::asString).toList());
    assertEquals(0, run.exitCode(), run.err());
    assertEquals(
        expected.get("files").get("out.gguf").get("sha256").asString(),
        sha256(Files.readAllBytes(output)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"requantize", "requantize, keep the output"})
  void quantizedFilesHaveTheReferencesBytesAnew(String name) throws IOException {
    JsonNode expected = cases.get(name);
    Path input = folder.resolve("quantized.gguf");
    assertEquals(0, quantize(input, expected.get("input").asString(), List.of()).exitCode());
    Path output = folder.resolve("out.gguf");
    List<String> arguments =
        new ArrayList<>(List.of("quantize", input.toString(), "--force", "-o", output.toString()));
    arguments.addAll(List.of("-t", expected.get("type").asString()));
    expected.get("options").valueStream().map(JsonNode::asString).forEach(arguments::add);
    CliRun run = CliRun.of(arguments.toArray(String[]::new));
    assertEquals(0, run.exitCode(), run.err());
    assertEquals(
        expected.get("files").get("out.gguf").get("sha256").asString(),
        sha256(Files.readAllBytes(output)));
  }

  @Test
  void theImportanceMatrixFollowsTheLayersThatStay() throws IOException {
    JsonNode expected = cases.get("prune with imatrix").get("files").get("out.gguf");
    Path output = folder.resolve("out.gguf");
    String matrix = TestData.path("models/shakespeare-mistral.reference/imatrix.gguf").toString();
    CliRun run = quantize(output, "Q4_K_M", List.of("--prune-layers=1,2", "--imatrix", matrix));
    assertEquals(0, run.exitCode(), run.err());
    byte[] file = Files.readAllBytes(output);
    int data = expected.get("data_bytes").asInt();
    assertEquals(
        expected.get("data_sha256").asString(),
        sha256(Arrays.copyOfRange(file, file.length - data, file.length)));
    try (GgufFile pruned = GgufFile.open(output)) {
      assertEquals("llama.block_count", pruned.metadata().entries().lastEntry().getKey());
      assertEquals(2, pruned.metadata().integer("llama.block_count").orElseThrow());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "join",
        "keep-split",
        "keep-split of a whole file",
        "keep-split, metadata alone",
        "keep-split, prune, override"
      })
  void splitModelsHaveTheReferencesBytes(String name, @TempDir Path out) throws IOException {
    JsonNode expected = cases.get(name);
    List<String> arguments =
        new ArrayList<>(
            List.of("quantize", split(expected.get("input").asString()), "-t", "Q4_K_M", "-o"));
    arguments.add(out.resolve("out.gguf").toString());
    expected.get("options").valueStream().map(JsonNode::asString).forEach(arguments::add);
    CliRun run = CliRun.of(arguments.toArray(String[]::new));
    assertEquals(0, run.exitCode(), run.err());
    Map<String, String> hashes = new TreeMap<>();
    try (var files = Files.list(out)) {
      for (Path file : files.toList()) {
        hashes.put(file.getFileName().toString(), sha256(Files.readAllBytes(file)));
      }
    }
    Map<String, String> wanted = new TreeMap<>();
    for (var file : expected.get("files").properties()) {
      // Of a model in one file the reference numbers it, zonda does not.
      wanted.put(
          file.getKey().replace("-00001-of-00001", ""), file.getValue().get("sha256").asString());
    }
    assertEquals(wanted, hashes);
  }

  /// Splits the model as the input was.
  private static String split(String input) throws IOException {
    if (input.equals("whole")) {
      return input("whole");
    }
    List<String> arguments =
        new ArrayList<>(List.of("split", input("whole"), "-o", folder.resolve(input).toString()));
    arguments.add("--force");
    splits
        .get(input)
        .valueStream()
        .map(option -> option.asString().replace("--split-max-tensors", "--max-tensors"))
        .forEach(arguments::add);
    CliRun run = CliRun.of(arguments.toArray(String[]::new));
    assertEquals(0, run.exitCode(), run.err());
    try (var files = Files.list(folder)) {
      return files
          .map(Path::toString)
          .filter(file -> file.contains(input + "-00001-of-"))
          .findFirst()
          .orElseThrow();
    }
  }

  @Test
  void keptFilesAreNeverTheInput() throws IOException {
    String first = split("parts");
    byte[] before = Files.readAllBytes(Path.of(first));
    CliRun run = CliRun.of("quantize", first, "-t", "Q8_0", "--keep-split", "--force", "-o", first);
    assertEquals(2, run.exitCode(), run.err());
    assertTrue(run.err().contains("is an input"), run.err());
    assertEquals(-1, Arrays.mismatch(before, Files.readAllBytes(Path.of(first))));
  }

  @Test
  void convertTakesTheSameOptions() throws IOException {
    Path output = folder.resolve("converted.gguf");
    CliRun run =
        CliRun.of(
            "convert",
            TestData.shakespeareMistral().toString(),
            "--as-reference",
            "-t",
            "Q4_K_M",
            "--prune-layers",
            "1",
            "-o",
            output.toString());
    assertEquals(0, run.exitCode(), run.err());
    assertEquals(
        cases.get("prune").get("files").get("out.gguf").get("sha256").asString(),
        sha256(Files.readAllBytes(output)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "k=uint8:255 | Uint8[value=255]",
        "k=int8:-128 | Int8[value=-128]",
        "k=uint16:65535 | Uint16[value=65535]",
        "k=int16:-5 | Int16[value=-5]",
        "k=uint32:4294967295 | Uint32[value=4294967295]",
        "k=int32:-5 | Int32[value=-5]",
        "k=uint64:18446744073709551615 | Uint64[value=-1]",
        "k=int64:-9223372036854775808 | Int64[value=-9223372036854775808]",
        "k=float32:1e-5 | Float32[value=1.0E-5]",
        "k=float64:0.1 | Float64[value=0.1]",
        "k=str: | Text[value=]",
        "k=str:a=b:c | Text[value=a=b:c]",
        "k=int:7 | Uint32[value=7]",
      })
  void everyTypeOfTheFormatCanBeSet(String override, String expected) throws IOException {
    assertEquals(
        expected, metadataWith("--override-kv", override).get("k").orElseThrow().toString());
  }

  @Test
  void arraysCanBeSet() throws IOException {
    Metadata metadata =
        metadataWith(
            "--override-kv=a=int32[]:[1, -2]",
            "--override-kv=b=str[]:[\"x\", \"\\u00e9\"]",
            "--override-kv=c=bool[]:[true, false]",
            "--override-kv=d=float[]:[]");
    assertEquals(
        List.of(new MetadataValue.Int32(1), new MetadataValue.Int32(-2)),
        metadata.array("a").orElseThrow());
    assertEquals(
        List.of(new MetadataValue.Text("x"), new MetadataValue.Text("é")),
        metadata.array("b").orElseThrow());
    assertEquals(
        List.of(new MetadataValue.Bool(true), new MetadataValue.Bool(false)),
        metadata.array("c").orElseThrow());
    MetadataValue.Array empty = (MetadataValue.Array) metadata.get("d").orElseThrow();
    assertEquals(MetadataType.FLOAT32, empty.elementType());
    assertEquals(0, empty.values().size());
  }

  @Test
  void stringsMayBeOfAnyLength() throws IOException {
    String text = "é".repeat(5000);
    assertEquals(Optional.of(text), metadataWith("--override-kv", "k=str:" + text).text("k"));
  }

  @Test
  void ofSeveralValuesTheLastCounts() throws IOException {
    Metadata metadata =
        metadataWith(
            "--override-kv=general.name=str:a",
            "--override-kv=k=int:1",
            "--override-kv=general.name=str:b");
    assertEquals(Optional.of("b"), metadata.text("general.name"));
    assertEquals("general.name", metadata.entries().lastEntry().getKey());
  }

  @Test
  void theAlignmentCanBeSet() throws IOException {
    Path output = folder.resolve("out.gguf");
    CliRun run =
        quantize(output, "Q4_K_M", List.of("--override-kv", "general.alignment=uint32:256"));
    assertEquals(0, run.exitCode(), run.err());
    try (GgufFile file = GgufFile.open(output)) {
      assertEquals(256, file.alignment());
      assertTrue(file.tensors().stream().allMatch(tensor -> tensor.offset() % 256 == 0));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--override-kv=k",
        "--override-kv=k=1",
        "--override-kv==int:1",
        "--override-kv=k=int:",
        "--override-kv=k=int:x",
        "--override-kv=k=int:-5",
        "--override-kv=k=int:4294967296",
        "--override-kv=k=uint8:256",
        "--override-kv=k=bool:1",
        "--override-kv=k=float:nan",
        "--override-kv=k=number:1",
        "--override-kv=k=array:[]",
        "--override-kv=k=int[]:1",
        "--override-kv=k=int[]:[1",
        "--override-kv=k=int[]:[\"1\"]",
        "--override-kv=k=int[]:[1.5]",
        "--override-kv=k=str[]:[1]",
        "--override-kv=k=int[][]:[[1]]",
        "--override-kv=split.count=int:2",
        "--prune-layers=",
        "--prune-layers=x",
        "--prune-layers=1,,2",
        "--prune-layers=-1",
        "--prune-layers=99999999999",
      })
  void wrongValuesAreUsageErrors(String option) {
    CliRun run = quantize(folder.resolve("none.gguf"), "Q8_0", List.of(option));
    assertEquals(2, run.exitCode(), run.err());
    assertEquals(
        1, run.err().lines().filter(line -> line.startsWith("error: ")).count(), run.err());
    assertTrue(run.err().contains(option.substring(0, option.indexOf('='))), run.err());
    assertTrue(Files.notExists(folder.resolve("none.gguf")));
  }

  @Test
  void aKeyIsNotLongerThanTheFormatAllows() {
    String key = "k".repeat(65_536);
    assertEquals(
        2,
        quantize(folder.resolve("none.gguf"), "Q8_0", List.of("--override-kv", key + "=int:1"))
            .exitCode());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--prune-layers=4 | layer 4 cannot be pruned: the model has the layers 0 to 3",
        "--prune-layers=0,1,2,3 | all 4 layers would be pruned",
        "--override-kv=general.alignment=int:7 | general.alignment is",
        "--override-kv=general.architecture=int:7 | general.architecture is missing",
      })
  void whatDoesNotFitTheModelIsAnError(String option, String message) {
    CliRun run = quantize(folder.resolve("none.gguf"), "Q8_0", List.of(option));
    assertEquals(3, run.exitCode(), run.err());
    assertTrue(run.err().contains(message), run.err());
    assertEquals(1, run.err().lines().count());
  }

  @Test
  void prunedLayersAreNamedAnew() throws IOException {
    Path output = folder.resolve("out.gguf");
    assertEquals(0, quantize(output, "Q8_0", List.of("--prune-layers", "2,0,2")).exitCode());
    try (GgufFile pruned = GgufFile.open(output);
        GgufFile whole = GgufFile.open(Path.of(input("whole")))) {
      for (int layer : IntStream.range(0, 2).toArray()) {
        assertEquals(
            whole
                .data(whole.find("blk." + (2 * layer + 1) + ".attn_norm.weight").orElseThrow())
                .mismatch(
                    pruned.data(pruned.find("blk." + layer + ".attn_norm.weight").orElseThrow())),
            -1);
      }
      assertEquals(Optional.empty(), pruned.find("blk.2.attn_norm.weight"));
    }
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
