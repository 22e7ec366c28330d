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
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Options of `zonda convert` that the reference's converter has, too.
class ConvertOptionsTest {
  @TempDir private Path temp;
  private Path metadata;

  @BeforeEach
  void writeMetadata() throws IOException {
    metadata = temp.resolve("metadata.json");
    Files.writeString(metadata, golden().path("metadata").toString());
  }

  static Stream<Arguments> cases() throws IOException {
    return golden().path("files").properties().stream()
        .map(files -> Arguments.of(files.getKey(), files.getValue()));
  }

  private static JsonNode golden() throws IOException {
    return JsonMapper.shared()
        .readTree(Files.readString(TestData.path("golden/convert-options.json")));
  }

  private CliRun convert(Path model, String... more) {
    List<String> arguments = new ArrayList<>(List.of("convert", model.toString()));
    arguments.addAll(List.of("-o", temp.resolve("out.gguf").toString()));
    arguments.addAll(List.of(more));
    return CliRun.of(arguments.toArray(String[]::new));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void filesHaveTheReferencesBytes(String options, JsonNode files) throws Exception {
    String[] more = options.replace("metadata.json", metadata.toString()).split(" ", -1);
    CliRun run = convert(TestData.shakespeareMistral(), more);
    assertEquals(0, run.exitCode(), run.err());
    for (var file : files.properties()) {
      byte[] bytes = Files.readAllBytes(temp.resolve(file.getKey()));
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes);
      assertEquals(file.getValue().stringValue(), HexFormat.of().formatHex(hash), file.getKey());
    }
    try (Stream<Path> written = Files.list(temp)) {
      assertEquals(files.size(), written.filter(file -> file.toString().endsWith(".gguf")).count());
    }
  }

  @Test
  void aQuantizedModelIsSplitTheSameWay() throws IOException {
    Path model = TestData.shakespeareMistral();
    assertEquals(0, convert(model, "-t", "Q4_K_M").exitCode());
    CliRun run = convert(model, "-t", "Q4_K_M", "--split-max-tensors", "20");
    assertEquals(0, run.exitCode(), run.err());
    try (GgufFile whole = GgufFile.open(temp.resolve("out.gguf"));
        GgufFile split = GgufFile.open(temp.resolve("out-00001-of-00002.gguf"))) {
      assertEquals(whole.tensors().size(), split.tensors().size());
      for (var tensor : whole.tensors()) {
        var same = split.find(tensor.name()).orElseThrow();
        assertEquals(-1, whole.data(tensor).mismatch(split.data(same)), tensor.name());
      }
    }
  }

  @Test
  void nullLeavesAKeyOut() throws IOException {
    Files.writeString(
        metadata,
        "{\"general.size_label\": \"9Z\", \"general.license\": null, \"general.tags\": null}");
    Path model = temp.resolve("model");
    Files.createDirectory(model);
    try (Stream<Path> files = Files.list(TestData.shakespeareMistral())) {
      for (Path file : files.toList()) {
        Files.copy(file, model.resolve(file.getFileName()));
      }
    }
    Files.writeString(model.resolve("README.md"), "---\nlicense: mit\ntags: [a]\n---\n");
    CliRun run = convert(model, "--metadata", metadata.toString());
    assertEquals(0, run.exitCode(), run.err());
    try (GgufFile file = GgufFile.open(temp.resolve("out.gguf"))) {
      assertEquals(Optional.of("9Z"), file.metadata().text("general.size_label"));
      assertTrue(file.metadata().get("general.license").isEmpty());
      assertTrue(file.metadata().get("general.tags").isEmpty());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"general.naem\": \"x\"} | 'general.naem' is not a key that can be set here",
        "{\"general.name\": 3} | general.name is 3, expected a string",
        "{\"general.tags\": \"x\"} | general.tags is not a list",
        "{\"general.tags\": [[]]} | general.tags[0] is an array, expected an object",
        "{\"general.sampling.temp\": \"hot\"} | general.sampling.temp is",
        "[] | expected a JSON object",
        "{ | broken JSON",
      })
  void brokenMetadataIsBadInput(String json, String message) throws IOException {
    Files.writeString(metadata, json);
    CliRun run = convert(TestData.shakespeareMistral(), "--metadata", metadata.toString());
    assertEquals(3, run.exitCode(), run.err());
    assertTrue(run.err().contains(message), run.err());
    assertEquals(1, run.err().lines().count());
    assertFalse(Files.exists(temp.resolve("out.gguf")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--split-max-tensors 0 | --split-max-tensors is 0, expected 1 or more",
        "--split-max-size 0 | is not a size",
        "--split-max-size 3x | is not a size",
        "--split-max-size 9999999999G | is not a size",
        "--split-max-size 3.5 | is not a size",
      })
  void wrongLimitsAreUsageErrors(String options, String message) {
    CliRun run = convert(TestData.shakespeareMistral(), options.split(" ", -1));
    assertEquals(2, run.exitCode(), run.err());
    assertTrue(run.err().contains(message), run.err());
  }

  @Test
  void aRecipeKeepsThePreTokenizer() throws IOException {
    Path model = temp.resolve("qwen2");
    SeededCheckpoint.write("qwen2", model);
    Path recipe = temp.resolve("recipe.json");
    CliRun saved = convert(model, "--pre-tokenizer", "gpt-2", "--save-recipe", recipe.toString());
    assertEquals(0, saved.exitCode(), saved.err());
    CliRun again = convert(model, "--recipe", recipe.toString(), "--force");
    assertEquals(0, again.exitCode(), again.err());
    try (GgufFile file = GgufFile.open(temp.resolve("out.gguf"))) {
      assertEquals(Optional.of("gpt-2"), file.metadata().text("tokenizer.ggml.pre"));
    }
    Files.writeString(recipe, "{\"zonda_recipe\": 1, \"pre_tokenizer\": \"nonsense\"}");
    CliRun wrong = convert(model, "--recipe", recipe.toString(), "--force");
    assertEquals(2, wrong.exitCode(), wrong.err());
    assertTrue(wrong.err().contains("'nonsense', expected one of"), wrong.err());
  }
}
