package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.gguf.GgufLayout;
import dev.zonda.formats.output.TensorFile;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class InspectCommandTest {
  @TempDir private Path folder;

  private Path file;

  @BeforeEach
  void writeFile() throws IOException {
    file = folder.resolve("small.gguf");
    List<MetadataValue> tokens =
        IntStream.range(0, 100)
            .<MetadataValue>mapToObj(i -> new MetadataValue.Text("tok" + i))
            .toList();
    Metadata metadata =
        Metadata.builder()
            .putText("general.architecture", "llama")
            .putText("general.name", "evil \u001b[31mred\u009b name\u202e\n")
            .putUint32("llama.context_length", 4096)
            .putUint32("llama.block_count", 2)
            .putUint32("general.file_type", 15)
            .put("big", new MetadataValue.Uint64(-1))
            .putFloat32("eps", 1e-5f)
            .put(
                "tokenizer.ggml.tokens",
                new MetadataValue.Array(dev.zonda.formats.MetadataType.STRING, tokens))
            .build();
    GgufLayout layout =
        GgufLayout.plan(
            metadata,
            List.of(
                new TensorSpec("a.weight", TensorType.Q4_0, Shape.of(4, 64)),
                new TensorSpec("b\u001b]0;title\u0007", TensorType.F32, Shape.of(8))));
    try (TensorFile writer = TensorFile.create(file, layout, OverwritePolicy.FAIL)) {
      for (var tensor : layout.tensors()) {
        writer.write(tensor, 0, MemorySegment.ofArray(new byte[(int) tensor.bytes()]));
      }
      writer.commit();
    }
  }

  @Test
  void summaryComesFirst() {
    CliRun run = CliRun.of("inspect", file.toString());
    assertEquals(0, run.exitCode(), run.err());
    assertEquals("", run.err());
    List<String> lines = run.out().lines().toList();
    assertTrue(lines.contains("format           GGUF v3"), run.out());
    assertTrue(lines.contains("architecture     llama"), run.out());
    assertTrue(lines.contains("file type        Q4_K_M"), run.out());
    assertTrue(lines.contains("parameters       264"), run.out());
    assertTrue(lines.contains("context          4,096 tokens"), run.out());
    assertTrue(lines.contains("vocabulary       100 tokens"), run.out());
    assertTrue(lines.contains("bits per weight  5.33"), run.out());
    assertTrue(lines.contains("Q4_0        1         256  144 B  81.8 %"), run.out());
    assertTrue(lines.contains("F32         1           8   32 B  18.2 %"), run.out());
  }

  @Test
  void tablesShortenLongArrays() {
    CliRun run = CliRun.of("inspect", "--metadata", "--tensors", file.toString());
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(
        run.out().contains("[100 strings] 'tok0', 'tok1', 'tok2', 'tok3', 'tok4', 'tok5', …"),
        run.out());
    assertFalse(run.out().contains("tok6"), run.out());
    assertTrue(run.out().contains("18446744073709551615"), run.out());
    assertTrue(run.out().contains("a.weight"), run.out());
    assertTrue(run.out().contains("[4, 64]"), run.out());
  }

  @Test
  void namesCannotReachTheTerminal() {
    for (String[] options :
        new String[][] {
          {"inspect", "--metadata", "--tensors", file.toString()},
          {"inspect", "--json", file.toString()}
        }) {
      CliRun run = CliRun.of(options);
      assertEquals(0, run.exitCode(), run.err());
      assertTrue(run.out().toLowerCase(java.util.Locale.ROOT).contains("\\u001b[31mred\\u009b"));
      assertTrue(
          run.out().chars().allMatch(c -> c == '\n' || !Character.isISOControl(c)), run.out());
      assertFalse(run.out().contains("\u202e"), run.out());
    }
  }

  @Test
  void jsonHasStableNames() throws IOException {
    CliRun run = CliRun.of("inspect", "--json", "--hash", file.toString());
    assertEquals(0, run.exitCode(), run.err());
    JsonNode json = JsonMapper.shared().readTree(run.out());
    assertEquals(
        List.of(
            "path",
            "format",
            "architecture",
            "name",
            "file_type",
            "parameters",
            "bytes",
            "bits_per_weight",
            "context_length",
            "vocabulary_size",
            "layers",
            "types",
            "files",
            "metadata",
            "tensors"),
        List.copyOf(json.propertyNames()));
    assertEquals("GGUF v3", json.path("format").stringValue());
    assertEquals(264, json.path("parameters").longValue());
    assertEquals(Files.size(file), json.path("bytes").longValue());
    assertEquals("18446744073709551615", json.path("metadata").path("big").asString());
    assertEquals(100, json.path("metadata").path("tokenizer.ggml.tokens").size());
    JsonNode tensor = json.path("tensors").path(0);
    assertEquals(
        List.of("name", "type", "shape", "offset", "bytes"), List.copyOf(tensor.propertyNames()));
    assertEquals("a.weight", tensor.path("name").stringValue());
    assertEquals("Q4_0", tensor.path("type").stringValue());
    assertEquals(4, tensor.path("shape").path(0).intValue());
    assertEquals(64, tensor.path("shape").path(1).intValue());
    assertEquals(144, tensor.path("bytes").intValue());
    assertEquals(64, json.path("files").path(0).path("sha256").stringValue().length());
  }

  @Test
  void readsFolders() throws IOException {
    CliRun run = CliRun.of("inspect", "--json", TestData.shakespeareMistral().toString());
    assertEquals(0, run.exitCode(), run.err());
    JsonNode json = JsonMapper.shared().readTree(run.out());
    assertEquals("mistral", json.path("architecture").stringValue());
    assertEquals("MistralForCausalLM", json.path("model_class").stringValue());
    assertEquals(4065536, json.path("parameters").longValue());
    assertEquals(1024, json.path("context_length").longValue());
    assertEquals(2048, json.path("vocabulary_size").longValue());
    assertEquals(2, json.path("kv_heads").longValue());
    assertEquals(256, json.path("config").path("hidden_size").longValue());
    assertEquals(39, json.path("tensors").size());
  }

  @Test
  void readsShardedFoldersAndSingleSafetensors() throws IOException {
    CliRun sharded = CliRun.of("inspect", TestData.path("zoo/llama2/hf").toString());
    assertEquals(0, sharded.exitCode(), sharded.err());
    assertTrue(sharded.out().contains("model-00003-of-00003.safetensors"), sharded.out());
    CliRun single =
        CliRun.of("inspect", TestData.shakespeareMistral().resolve("model.safetensors").toString());
    assertEquals(0, single.exitCode(), single.err());
    assertTrue(single.out().contains("4.07 M (4,065,536)"), single.out());
  }

  @Test
  void exitCodes() throws IOException {
    Path junk = Files.writeString(folder.resolve("junk.gguf"), "GGUFjunk");
    CliRun broken = CliRun.of("inspect", junk.toString());
    assertEquals(3, broken.exitCode());
    assertTrue(broken.err().startsWith("error: " + junk + " @0x4: "), broken.err());
    assertEquals(1, broken.err().lines().count(), broken.err());
    CliRun missing = CliRun.of("inspect", folder.resolve("none.gguf").toString());
    assertEquals(3, missing.exitCode());
    assertTrue(missing.err().endsWith("none.gguf: no such file or folder\n"), missing.err());
    assertEquals(2, CliRun.of("inspect").exitCode());
    assertEquals(2, CliRun.of("inspect", "a", "b").exitCode());
    assertEquals(2, CliRun.of("inspect", "--tenors", "a").exitCode());
  }

  @Test
  void tracesAreShownOnRequestOnly() throws IOException {
    Path junk = Files.writeString(folder.resolve("junk.gguf"), "GGUFjunk");
    assertFalse(CliRun.of("inspect", junk.toString()).err().contains("\tat "));
    assertTrue(CliRun.of("inspect", "--verbose", junk.toString()).err().contains("\tat "));
  }
}
