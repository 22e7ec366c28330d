package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.testdata.SeededCheckpoint;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ConvertCommandTest {
  @TempDir private Path temp;

  private CliRun convert(Path model, String... more) {
    List<String> arguments = new ArrayList<>(List.of("convert", model.toString()));
    arguments.addAll(List.of(more));
    return CliRun.of(arguments.toArray(String[]::new));
  }

  private Path output() {
    return temp.resolve("out.gguf");
  }

  @ParameterizedTest
  @ValueSource(strings = {"f32", "F16", "bf16", "auto"})
  void theConvertersTypesHaveItsBytes(String type) throws Exception {
    CliRun run = convert(TestData.shakespeareMistral(), "-t", type, "-o", output().toString());
    assertEquals(0, run.exitCode(), run.err());
    assertEquals(expected("convert", type.toLowerCase(Locale.ROOT)), sha256(output()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q2_K", "Q3_K_S", "Q3_K_M", "Q3_K_L", "Q4_K_S",
        "q4_k_m", "Q5_K_S", "Q5_K_M", "Q6_K"
      })
  void quantizedTypesHaveTheBytesOfBothToolsInTurn(String type) throws Exception {
    CliRun run =
        convert(
            TestData.shakespeareMistral(), "-t", type, "-o", output().toString(), "--threads", "3");
    assertEquals(0, run.exitCode(), run.err());
    assertEquals(expected("quantize", type.toUpperCase(Locale.ROOT)), sha256(output()));
  }

  @Test
  void whatLlamaCppWouldNotLoadIsNotWritten() throws IOException {
    Path folder = temp.resolve("deepseek_v2_biases");
    SeededCheckpoint.writeNetwork("deepseek_v2_biases", folder);
    CliRun run = convert(folder, "-o", output().toString());
    assertEquals(3, run.exitCode(), run.err());
    assertTrue(run.err().contains("llama.cpp's deepseek2 has no place for it"), run.err());
    assertFalse(Files.exists(output()));
    CliRun asReference = convert(folder, "--as-reference", "-o", output().toString());
    assertEquals(0, asReference.exitCode(), asReference.err());
  }

  @ParameterizedTest
  @CsvSource({
    "llama2, f16",
    "llama2, f32",
    "mistral, bf16",
    "mistral, f32",
    "mistral_swa, bf16",
    "mistral_swa, f32"
  })
  void theZooHasTheReferencesBytesOnRequest(String model, String type) throws Exception {
    Path folder = TestData.path("zoo/" + model + "/hf");
    CliRun run = convert(folder, "-t", type, "--as-reference", "-o", output().toString());
    assertEquals(0, run.exitCode(), run.err());
    assertEquals(
        json(Files.readString(TestData.path("zoo/reference.json")))
            .path(model)
            .path(type)
            .stringValue(),
        sha256(output()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Q4_K_M", "F16"})
  void theOptionsOfQuantizeDoTheSameHere(String type) throws Exception {
    Path source = temp.resolve("source.gguf");
    Path folder = TestData.shakespeareMistral();
    String middle = type.equals("F16") ? "F16" : "auto";
    assertEquals(0, convert(folder, "-t", middle, "-o", source.toString()).exitCode());
    String matrix = TestData.path("models/shakespeare-mistral.reference/imatrix.gguf").toString();
    Path expected = temp.resolve("expected.gguf");
    CliRun quantized =
        CliRun.of(
            "quantize",
            source.toString(),
            "-t",
            type,
            "--pure",
            "--imatrix",
            matrix,
            "-o",
            expected.toString());
    assertEquals(0, quantized.exitCode(), quantized.err());
    CliRun run =
        convert(folder, "-t", type, "--pure", "--imatrix", matrix, "-o", output().toString());
    assertEquals(0, run.exitCode(), run.err());
    assertEquals(sha256(expected), sha256(output()));
  }

  @Test
  void theSlidingWindowIsKeptAndMentioned() throws IOException {
    CliRun run = convert(TestData.path("zoo/mistral_swa/hf"), "-o", output().toString());
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(run.err().contains("sliding window of 16 tokens"), run.err());
    try (GgufFile file = GgufFile.open(output())) {
      assertEquals(OptionalLong.of(16), file.metadata().integer("llama.attention.sliding_window"));
    }
  }

  @Test
  void aDryRunShowsThePlanAndWritesNothing() throws IOException {
    CliRun run =
        convert(
            TestData.shakespeareMistral(), "-t", "q4_k_m", "-o", output().toString(), "--dry-run");
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(run.out().contains("blk.0.attn_v.weight"), run.out());
    assertTrue(run.out().contains("would write"), run.out());
    assertFalse(Files.exists(output()));
  }

  @Test
  void jsonNamesTheOutputAndItsTensors() throws IOException {
    CliRun run = convert(TestData.shakespeareMistral(), "-o", output().toString(), "--json");
    assertEquals(0, run.exitCode(), run.err());
    JsonNode json = json(run.out());
    assertEquals(output().toString(), json.path("output").stringValue());
    assertEquals(Files.size(output()), json.path("bytes").longValue());
    assertTrue(json.path("seconds").isNumber(), run.out());
    JsonNode first = json.path("tensors").get(0);
    assertEquals("output.weight", first.path("name").stringValue());
    assertEquals("BF16", first.path("type").stringValue());
    assertEquals(2048, first.path("shape").get(0).intValue());
  }

  @Test
  void theDefaultNameHasTheFolderAndTheType() {
    CliRun run = convert(TestData.shakespeareMistral(), "--dry-run", "--json");
    assertEquals("shakespeare-mistral-BF16.gguf", json(run.out()).path("output").stringValue());
    CliRun quantized =
        convert(TestData.shakespeareMistral(), "--dry-run", "--json", "-t", "q4_k_m");
    assertEquals(
        "shakespeare-mistral-Q4_K_M.gguf", json(quantized.out()).path("output").stringValue());
  }

  @Test
  void anExistingFileNeedsForce() throws IOException {
    Files.writeString(output(), "mine");
    CliRun refused = convert(TestData.shakespeareMistral(), "-o", output().toString());
    assertEquals(2, refused.exitCode());
    assertEquals("mine", Files.readString(output()));
    CliRun forced = convert(TestData.shakespeareMistral(), "-o", output().toString(), "--force");
    assertEquals(0, forced.exitCode(), forced.err());
  }

  @Test
  void theModelItselfIsNotOverwritten() throws IOException {
    Path model = copyOf(TestData.path("zoo/mistral_swa/hf"));
    CliRun run = convert(model, "-o", model.resolve("model.safetensors").toString(), "--force");
    assertEquals(2, run.exitCode());
    assertTrue(run.err().contains("belongs to the model"), run.err());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"MistralForCausalLM\" | \"ElephantForCausalLM\" | is 'ElephantForCausalLM', which is not"
            + " supported; the nearest is 'MistralForCausalLM' (Mistral), whose names and shapes 21 of 21"
            + " tensors have; 'zonda families' lists all",
        "\"vocab_size\": 352 | \"vocab_size\": 353 | has shape [352, 64], but config.json says [vocab_size, hidden_size] = [353, 64]",
        "\"num_hidden_layers\": 2 | \"num_hidden_layers\": 3 | tensor"
            + " 'model.layers.2.input_layernorm.weight' is missing",
        "\"num_hidden_layers\": 2 | \"num_hidden_layers\": 1 | belongs to layer 1, but config.json has"
            + " num_hidden_layers 1",
        "\"num_hidden_layers\": 2 | \"num_hidden_layers\": 2000000000 | is missing",
        "\"num_attention_heads\": 4 | \"num_attention_heads\": -4 | num_attention_heads is -4",
        "\"num_attention_heads\": 4 | \"num_attention_heads\": 0 | num_attention_heads is 0",
        "\"num_attention_heads\": 4 | \"num_attention_heads\": 3 | num_key_value_heads is 2",
        "\"hidden_size\": 64 | \"hidden_size\": \"64\" | hidden_size is \"64\", expected an integer",
        "\"hidden_size\": 64 | \"hidden_size\": 1e400 | hidden_size",
        "\"rope_theta\": 10000.0 | \"rope_theta\": {} | rope_theta is an object",
        "\"rope_theta\": 10000.0 | \"rope_scaling\": {\"type\": \"spiral\"} | is 'spiral', expected",
        "\"rope_theta\": 10000.0 | \"rope_scaling\": {\"type\": \"linear\"} | factor is missing",
        "\"sliding_window\": 16 | \"sliding_window\": 2.5 | sliding_window is 2.5",
        "\"bos_token_id\": 1 | \"bos_token_id\": -2 | bos_token_id is -2",
      })
  void contradictionsAreOneLine(String found, String replaced, String message) throws IOException {
    Path model = copyOf(TestData.path("zoo/mistral_swa/hf"));
    Path config = model.resolve("config.json");
    String text = Files.readString(config);
    assertTrue(text.contains(found), found);
    Files.writeString(config, text.replace(found, replaced));
    CliRun run = convert(model, "-o", output().toString());
    assertEquals(3, run.exitCode(), run.err());
    assertTrue(run.err().contains(message), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
    assertFalse(Files.exists(output()));
  }

  @Test
  void anUnknownTypeIsAUsageError() {
    CliRun run = convert(TestData.shakespeareMistral(), "-t", "Q9");
    assertEquals(2, run.exitCode());
    assertTrue(run.err().contains("unknown type 'Q9', choose one of auto, F32"), run.err());
  }

  @Test
  void aFolderWithoutAModelIsBadInput() {
    CliRun run = convert(temp);
    assertEquals(3, run.exitCode());
    assertEquals(1, run.err().lines().count(), run.err());
  }

  private Path copyOf(Path folder) throws IOException {
    Path copy = Files.createDirectory(temp.resolve("model"));
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    return copy;
  }

  private static String expected(String tool, String type) throws IOException {
    Path file = TestData.path("models/shakespeare-mistral.reference/reference.json");
    return json(Files.readString(file)).path(tool).path(type).path("sha256").stringValue();
  }

  private static JsonNode json(String text) {
    return JsonMapper.shared().readTree(text);
  }

  private static String sha256(Path file) throws IOException, NoSuchAlgorithmException {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    return HexFormat.of().formatHex(digest.digest(Files.readAllBytes(file)));
  }
}
