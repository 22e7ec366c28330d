package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class TokenizeCommandTest {
  private static final String MODEL = TestData.path("zoo/llama2/hf").toString();

  @TempDir private Path temp;

  @Test
  void aListOfStringsGivesTheIdsOfTransformers() throws IOException {
    JsonNode tokens =
        JsonMapper.shared().readTree(TestData.path("zoo/llama2/tokens.json").toFile());
    Path strings = temp.resolve("strings.json");
    Files.writeString(
        strings,
        JsonMapper.shared()
            .writeValueAsString(
                tokens.path("strings").valueStream().map(string -> string.path("text")).toList()));
    JsonNode ids = json("tokenize", MODEL, "--strings", strings.toString(), "--json");
    assertEquals(1, ids.size());
    assertEquals(40, ids.path("ids").size());
    for (int i = 0; i < 40; i++) {
      assertEquals(tokens.path("strings").get(i).path("ids"), ids.path("ids").get(i));
    }
  }

  /// A space at the beginning only, as Mistral 7B v0.3 has it.
  @Test
  void aFolderIsTokenizedAsItsTokenizerSays() throws IOException {
    Path folder = temp.resolve("model");
    Files.createDirectories(folder);
    try (var files = Files.list(Path.of(MODEL))) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
    Path file = folder.resolve("tokenizer.json");
    ObjectNode tokenizer = (ObjectNode) JsonMapper.shared().readTree(file.toFile());
    tokenizer.putNull("normalizer");
    tokenizer
        .putObject("pre_tokenizer")
        .put("type", "Metaspace")
        .put("replacement", "\u2581")
        .put("prepend_scheme", "first")
        .put("split", false);
    Files.writeString(file, JsonMapper.shared().writeValueAsString(tokenizer));
    String model = folder.toString();
    assertEquals("[1,446]", json("tokenize", model, "<s>x", "--json").path("ids").toString());
    assertEquals("[392,446]", json("tokenize", model, " x", "--json").path("ids").toString());
    String gguf = temp.resolve("model.gguf").toString();
    CliRun run = CliRun.of("convert", model, "-o", gguf);
    assertEquals(0, run.exitCode(), run.err());
    assertEquals("[1,446]", json("tokenize", gguf, "<s>x", "--json").path("ids").toString());
  }

  @Test
  void theOtherWayGivesTheStrings() throws IOException {
    Path strings = temp.resolve("strings.json");
    Files.writeString(strings, "[\"To be\", \"\", \"\\n\u017c\u00f3\u0142\u0107 \ud83d\ude80\"]");
    CliRun encoded = CliRun.of("tokenize", MODEL, "--strings", strings.toString(), "--json");
    Path ids = temp.resolve("ids.json");
    Files.writeString(ids, encoded.out());
    JsonNode decoded = json("tokenize", MODEL, "--decode", "--strings", ids.toString());
    assertEquals(JsonMapper.shared().readTree(Files.readString(strings)), decoded.path("strings"));
  }

  @Test
  void oneTextIsOneList() throws IOException {
    JsonNode plain = json("tokenize", MODEL, "Hello", "--json").path("ids");
    JsonNode special = json("tokenize", MODEL, "Hello", "--add-special", "--json").path("ids");
    assertEquals(1, special.get(0).intValue());
    assertEquals(plain.size() + 1, special.size());
    assertEquals("[2]", json("tokenize", MODEL, "</s>", "--json").path("ids").toString());
    assertTrue(
        json("tokenize", MODEL, "</s>", "--no-parse-special", "--json").path("ids").size() > 1);
    Path file = temp.resolve("text.txt");
    Files.writeString(file, "Hello");
    assertEquals(plain, json("tokenize", MODEL, "-f", file.toString(), "--json").path("ids"));
    assertEquals(
        "Hello",
        json("tokenize", MODEL, "--decode", plain.toString(), "--json").path("text").stringValue());
  }

  @Test
  void peopleSeePieces() {
    CliRun run = CliRun.of("tokenize", MODEL, "</s>\u017c", "--add-special");
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(run.out().lines().anyMatch(line -> line.equals("       1  <s>")), run.out());
    assertTrue(run.out().lines().anyMatch(line -> line.equals("       2  </s>")), run.out());
    assertTrue(run.out().contains("0x"), run.out());
    assertTrue(run.err().contains(" tokens"), run.err());
    CliRun back = CliRun.of("tokenize", MODEL, "--decode", "1 2");
    assertEquals("<s></s>\n", back.out());
    CliRun text = CliRun.of("tokenize", MODEL, "--decode", "1 2", "--no-parse-special");
    assertEquals("", text.out().strip());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{ | broken JSON",
        "{} | is not a JSON list",
        "[1] | element 0 is not a string",
        "[\"a\", null] | element 1 is not a string",
        "[\"\\ud800\"] | half of a surrogate pair",
        "'' | is not a JSON list",
      })
  void brokenListsAreOneLine(String content, String message) throws IOException {
    Path file = temp.resolve("strings.json");
    Files.writeString(file, content);
    CliRun run = CliRun.of("tokenize", MODEL, "--strings", file.toString());
    assertEquals(3, run.exitCode(), run.err());
    assertTrue(run.err().contains(message), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[3] | element 0 is not a list",
        "[[512]] | '512' is not the id",
        "[[1.5]] | '1.5' is not the id"
      })
  void brokenIdsAreOneLine(String content, String message) throws IOException {
    Path file = temp.resolve("ids.json");
    Files.writeString(file, content);
    CliRun run = CliRun.of("tokenize", MODEL, "--decode", "--strings", file.toString());
    assertEquals(3, run.exitCode(), run.err());
    assertTrue(run.err().contains(message), run.err());
  }

  @Test
  void theCommandLineMustMakeSense() {
    assertEquals(2, CliRun.of("tokenize", MODEL).exitCode());
    assertEquals(2, CliRun.of("tokenize", MODEL, "text", "-f", "file").exitCode());
    assertEquals(2, CliRun.of("tokenize", MODEL, "--decode", "x").exitCode());
    assertEquals(2, CliRun.of("tokenize", MODEL, "--decode", "99999").exitCode());
    assertEquals(3, CliRun.of("tokenize", MODEL, "-f", temp + "/missing").exitCode());
    assertEquals(3, CliRun.of("tokenize", temp + "/missing", "text").exitCode());
  }

  @Test
  void unknownPreTokenizersAreRefused() {
    CliRun run = CliRun.of("convert", MODEL, "--pre-tokenizer", "mine", "--dry-run");
    assertEquals(2, run.exitCode());
    assertTrue(run.err().contains("--pre-tokenizer is 'mine', expected one of"), run.err());
  }

  private static JsonNode json(String... args) {
    CliRun run = CliRun.of(args);
    assertEquals(0, run.exitCode(), run.err());
    return JsonMapper.shared().readTree(run.out());
  }
}
