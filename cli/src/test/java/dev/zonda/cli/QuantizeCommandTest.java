package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.Metadata;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.formats.gguf.GgufLayout;
import dev.zonda.formats.output.TensorFile;
import dev.zonda.quantize.FileType;
import dev.zonda.quantize.block.Codecs;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class QuantizeCommandTest {
  @TempDir private Path folder;

  private Path input;
  private Path output;

  @BeforeEach
  void writeModel() throws IOException {
    input = folder.resolve("tiny-bf16.gguf");
    output = folder.resolve("out.gguf");
    write(input, new float[2 * 256], TensorType.F32);
  }

  private static void write(Path file, float[] values, TensorType type) throws IOException {
    Metadata metadata =
        Metadata.builder()
            .putText("general.architecture", "llama")
            .putUint32("llama.block_count", 1)
            .build();
    TensorSpec spec =
        new TensorSpec("blk.0.attn_q.weight", type, Shape.of(2, Math.max(256, values.length / 2)));
    GgufLayout layout = GgufLayout.plan(metadata, List.of(spec));
    try (TensorFile writer = TensorFile.create(file, layout, OverwritePolicy.REPLACE)) {
      TensorInfo tensor = layout.tensors().getFirst();
      byte[] zeros = new byte[(int) tensor.bytes()];
      writer.write(
          tensor,
          0,
          type == TensorType.F32 ? MemorySegment.ofArray(values) : MemorySegment.ofArray(zeros));
      writer.commit();
    }
  }

  private CliRun quantize(String... more) {
    String[] arguments = new String[more.length + 2];
    arguments[0] = "quantize";
    arguments[1] = input.toString();
    System.arraycopy(more, 0, arguments, 2, more.length);
    return CliRun.of(arguments);
  }

  private List<String> filesInFolder() throws IOException {
    try (var files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void jsonNamesTheOutputAndItsTensors() throws IOException {
    CliRun run = quantize("-t", "q8_0", "-o", output.toString(), "--json");
    assertEquals(0, run.exitCode(), run.err());
    JsonNode json = JsonMapper.shared().readTree(run.out());
    assertEquals(output.toString(), json.get("output").asString());
    assertEquals(Files.size(output), json.get("bytes").asLong());
    assertTrue(json.get("seconds").asDouble() >= 0);
    JsonNode tensor = json.get("tensors").get(0);
    assertEquals("blk.0.attn_q.weight", tensor.get("name").asString());
    assertEquals("F32", tensor.get("source_type").asString());
    assertEquals("Q8_0", tensor.get("type").asString());
    assertEquals(List.of(2, 256), ints(tensor.get("shape")));
    assertEquals(2 * 256 / 32 * 34, tensor.get("bytes").asInt());
    assertEquals(8.5, tensor.get("bits_per_weight").asDouble());
    try (GgufFile written = GgufFile.open(output)) {
      assertEquals(TensorType.Q8_0, written.tensors().getFirst().type());
    }
  }

  private static List<Integer> ints(JsonNode array) {
    return array.valueStream().map(JsonNode::asInt).toList();
  }

  @Test
  void aDryRunShowsThePlanAndWritesNothing() throws IOException {
    CliRun run = quantize("-t", "Q4_K_M", "-o", output.toString(), "--dry-run");
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(
        run.out().contains("blk.0.attn_q.weight  [2, 256]  F32   Q4_K  4.50  288 B"), run.out());
    assertTrue(run.out().contains("4.50 bits per weight (before: 2.00 KiB, 32.00)"), run.out());
    assertEquals(List.of("tiny-bf16.gguf"), filesInFolder());
    JsonNode json =
        JsonMapper.shared()
            .readTree(quantize("-t", "Q4_K_M", "-o", "x.gguf", "--dry-run", "--json").out());
    assertFalse(json.has("seconds"));
    assertEquals(1, json.get("tensors").size());
  }

  @Test
  void theInputIsNeverTheOutput() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("link.gguf"), input);
    Path hardLink = Files.createLink(folder.resolve("hard.gguf"), input);
    byte[] before = Files.readAllBytes(input);
    for (Path same : List.of(input, link, hardLink, folder.resolve("x/../tiny-bf16.gguf"))) {
      Files.createDirectories(folder.resolve("x"));
      CliRun run = quantize("-t", "Q8_0", "-o", same.toString(), "--force");
      assertEquals(2, run.exitCode(), run.err());
      assertTrue(run.err().contains("is an input: name another file"), run.err());
    }
    assertEquals(-1, Arrays.mismatch(before, Files.readAllBytes(input)));
  }

  @Test
  void anExistingOutputNeedsForce() throws IOException {
    Files.writeString(output, "precious");
    CliRun refused = quantize("-t", "Q8_0", "-o", output.toString());
    assertEquals(2, refused.exitCode());
    assertTrue(refused.err().contains("--force"), refused.err());
    assertEquals("precious", Files.readString(output));
    assertEquals(0, quantize("-t", "Q8_0", "-o", output.toString(), "--force").exitCode());
    assertTrue(Files.size(output) > 100);
  }

  @Test
  void anUnknownTypeIsAUsageErrorThatNamesTheChoices() {
    CliRun run = quantize("-t", "Q9", "-o", output.toString());
    assertEquals(2, run.exitCode());
    assertTrue(run.err().contains("unknown type 'Q9', choose one of auto, F32, F16"), run.err());
  }

  @Test
  void aValueThatIsNotFiniteLeavesNoFile() throws IOException {
    float[] values = new float[2 * 256];
    values[256 + 7] = Float.NaN;
    write(input, values, TensorType.F32);
    CliRun run = quantize("-t", "Q8_0", "-o", output.toString());
    assertEquals(3, run.exitCode());
    assertTrue(run.err().contains("tensor 'blk.0.attn_q.weight', row 1, column 7: NaN"), run.err());
    assertEquals(1, run.err().lines().count());
    assertEquals(List.of("tiny-bf16.gguf"), filesInFolder());
  }

  @ParameterizedTest
  @CsvSource({"Q8_0, Infinity, 3", "F16, 70000, 3", "F32, NaN, 3", "COPY, -Infinity, 3"})
  void suchValuesAreCountedAndCanBeZeroedOrKept(String type, float value, int count)
      throws IOException {
    float[] values = new float[2 * 256];
    Arrays.fill(values, 0.5f);
    values[5] = value;
    values[6] = value;
    values[256 + 7] = value;
    write(input, values, TensorType.F32);
    CliRun failed = quantize("-t", type, "-o", output.toString(), "--nonfinite", "fail");
    assertEquals(3, failed.exitCode());
    assertTrue(failed.err().contains("row 0, column 5: " + value), failed.err());
    assertTrue(failed.err().contains("(such values in the tensor: " + count + ")"), failed.err());
    assertFalse(Files.exists(output));

    CliRun kept = quantize("-t", type, "-o", output.toString(), "--nonfinite", "keep");
    assertEquals(0, kept.exitCode(), kept.err());
    assertFalse(Float.isFinite(firstTensor()[5]));

    CliRun zeroed = quantize("-t", type, "-o", output.toString(), "--nonfinite", "ZERO", "--force");
    assertEquals(0, zeroed.exitCode(), zeroed.err());
    float[] written = firstTensor();
    for (int i = 0; i < written.length; i++) {
      assertEquals(values[i] == 0.5f ? 0.5f : 0, written[i], 1e-3f, "value " + i);
    }
  }

  private float[] firstTensor() throws IOException {
    try (GgufFile file = GgufFile.open(output)) {
      TensorInfo tensor = file.tensors().getFirst();
      float[] values = new float[2 * 256];
      Codecs.of(tensor.type())
          .orElseThrow()
          .dequantize(file.data(tensor), 0, values, 0, values.length);
      return values;
    }
  }

  @Test
  void tooLittleMemoryIsRefusedWithTheLeastThatWorks() throws IOException {
    write(input, new float[1 << 20], TensorType.F32);
    for (String more : new String[] {"--dry-run", "--force"}) {
      CliRun refused = quantize("-t", "Q8_0", "-o", output.toString(), "--memory", "1M", more);
      assertEquals(2, refused.exitCode());
      assertTrue(refused.err().contains("give --memory "), refused.err());
    }
  }

  @Test
  void aDryRunSaysWhatMemoryItTakes() throws IOException {
    write(input, new float[512], TensorType.F32);
    CliRun plan =
        quantize("-t", "Q8_0", "-o", output.toString(), "--dry-run", "--memory", "1M", "--json");
    assertEquals(0, plan.exitCode(), plan.err());
    JsonNode json = JsonMapper.shared().readTree(plan.out());
    long memory = json.path("memory_bytes").asLong();
    assertTrue(memory >= 512 * (4 + 4) + 544 && memory <= 1_000_000, plan.out());
    assertEquals(1, json.path("threads").asInt(), "there is one chunk");
  }

  @Test
  void hugeValuesThatNoScaleCanHoldAreZeroed() throws IOException {
    float[] values = new float[2 * 256];
    Arrays.fill(values, 1);
    values[5] = 3e38f;
    write(input, values, TensorType.F32);
    CliRun failed = quantize("-t", "Q8_0", "-o", output.toString());
    assertEquals(3, failed.exitCode());
    assertTrue(failed.err().contains("such values"), failed.err());
    CliRun zeroed = quantize("-t", "Q8_0", "-o", output.toString(), "--nonfinite", "zero");
    assertEquals(0, zeroed.exitCode(), zeroed.err());
    assertEquals(0, firstTensor()[5]);
    assertEquals(1, firstTensor()[6], 1e-3f);
  }

  @Test
  void blocksOfACopyThatAreNotFiniteAreZeroed() throws IOException {
    write(input, new float[0], TensorType.Q8_0);
    byte[] bytes = Files.readAllBytes(input);
    int data = bytes.length - 2 * 256 / 32 * 34;
    bytes[data + 34] = 0;
    bytes[data + 35] = 0x7c; // The second block's scale is infinite.
    bytes[data + 36] = 1;
    bytes[data] = 0;
    bytes[data + 1] = 0x3c; // The first one's is 1.
    bytes[data + 2] = 7;
    Files.write(input, bytes);
    assertEquals(3, quantize("-t", "COPY", "-o", output.toString()).exitCode());
    CliRun zeroed = quantize("-t", "COPY", "-o", output.toString(), "--nonfinite", "zero");
    assertEquals(0, zeroed.exitCode(), zeroed.err());
    float[] written = firstTensor();
    assertEquals(7, written[0]);
    assertEquals(0, written[32]);
  }

  @Test
  void quantizingTwiceNeedsPermission() throws IOException {
    write(input, new float[0], TensorType.Q8_0);
    CliRun refused = quantize("-t", "Q4_K_S", "-o", output.toString());
    assertEquals(3, refused.exitCode());
    assertTrue(refused.err().contains("--allow-requantize"), refused.err());
    CliRun allowed =
        quantize("-t", "Q4_K_S", "-o", output.toString(), "--allow-requantize", "--pure");
    assertEquals(0, allowed.exitCode(), allowed.err());
  }

  @ParameterizedTest
  @CsvSource({
    "models/mistral-bf16.gguf, mistral-Q4_K_M.gguf",
    "mistral.Q8_0.GGUF, mistral-Q4_K_M.gguf",
    "mistral-auto-00001-of-00003.gguf, mistral-Q4_K_M.gguf",
    "mistral_IQ2_XXS.gguf, mistral-Q4_K_M.gguf",
    "abf16.gguf, abf16-Q4_K_M.gguf",
    "model, model-Q4_K_M.gguf"
  })
  void theDefaultNameSwapsTheType(Path given, String expected) {
    assertEquals(expected, OutputName.quantized(given, FileType.Q4_K_M));
  }
}
