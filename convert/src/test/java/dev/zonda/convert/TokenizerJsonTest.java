package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.tokenizers.Tokenizer;
import dev.zonda.formats.FormatException;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Folders whose vocabulary is in tokenizer.json alone, sound and hostile.
class TokenizerJsonTest {
  @TempDir private Path temp;

  @ParameterizedTest
  @ValueSource(strings = {"llama2", "mistral", "mistral_swa"})
  void theOrderOfMergesSplitsTextRightly(String model) throws IOException {
    Path folder = folder(model);
    JsonNode strings =
        JsonMapper.shared()
            .readTree(Files.readString(TestData.path("zoo/" + model + "/tokens.json")))
            .path("strings");
    assertEquals(40, strings.size());
    try (Blueprint blueprint = Conversion.open(folder, ConversionOptions.DEFAULT)) {
      assertTrue(
          blueprint.notes().stream().anyMatch(note -> note.contains("order of its merges")),
          blueprint.notes().toString());
      Tokenizer tokenizer = Tokenizer.of(blueprint.metadata());
      for (JsonNode string : strings) {
        String text = string.path("text").stringValue();
        int[] ids = string.path("ids").valueStream().mapToInt(JsonNode::intValue).toArray();
        assertArrayEquals(ids, tokenizer.encode(text, Tokenizer.ControlNames.TOKENS), text);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"byte_fallback\": true | \"byte_fallback\": false | cuts text in a way that GGUF has no name for",
        "\"type\": \"BPE\" | \"type\": \"Unigram\" | model.type is Unigram, expected BPE",
        "\"type\": \"BPE\" | \"type\": [] | type is an array, expected a string",
        "\"vocab\": { | \"vocab\": {\"gap\": 9000, | ids that do not run from 0 without gaps",
        "\"vocab\": { | \"vocab\": {\"twice\": 7, | has the same id as another token",
        "\"vocab\": { | \"vocab\": {\"below\": -7, | below is -7, expected 0 to 4194303",
        "\"vocab\": { | \"vocab\": {\"huge\": 99999999999999999999, | expected an id",
        "\"merges\": [ | \"merges\": [\"a b c\", | expected pairs of tokens",
        "\"merges\": [ | \"merges\": [7, | expected pairs of tokens",
        "\"merges\": [ | \"merges\": null, \"others\": [ | merges is missing",
        "\"added_tokens\": [ | \"added_tokens\": [3, | added_tokens[0] is 3, expected an object",
      })
  void hostileFilesAreOneLine(String found, String replaced, String message) throws IOException {
    Path folder = folder("mistral_swa");
    Path file = folder.resolve("tokenizer.json");
    String text = JsonMapper.shared().readTree(Files.readString(file)).toString();
    String compact = found.replace("\": ", "\":");
    assertTrue(text.contains(compact), compact);
    Files.writeString(file, text.replace(compact, replaced));
    FormatException problem =
        assertThrows(
            FormatException.class, () -> Conversion.open(folder, ConversionOptions.DEFAULT));
    assertTrue(problem.getMessage().contains(message), problem.getMessage());
    assertTrue(problem.getMessage().startsWith(file.toString()), problem.getMessage());
    assertEquals(1, problem.getMessage().lines().count());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "generation_config.json",
        "README.md"
      })
  void randomDamageIsRefusedOrHarmless(String name) throws IOException {
    Path folder = folder("mistral");
    Path file = folder.resolve(name);
    byte[] sound = Files.readAllBytes(file);
    Random random = new Random(20261122);
    for (int round = 0; round < 300; round++) {
      byte[] damaged = sound.clone();
      for (int i = 0; i < 1 + round % 4; i++) {
        damaged[random.nextInt(damaged.length)] = (byte) (32 + random.nextInt(95));
      }
      Files.write(file, damaged);
      try (Blueprint blueprint = Conversion.open(folder, ConversionOptions.DEFAULT)) {
        assertTrue(blueprint.tensors().size() > 20);
      } catch (FormatException e) {
        assertEquals(1, e.getMessage().lines().count(), e.getMessage());
      }
    }
  }

  @Test
  void withoutAnyVocabularyTheMessageSaysWhatIsMissing() throws IOException {
    Path folder = folder("mistral_swa");
    Files.delete(folder.resolve("tokenizer.json"));
    FormatException problem =
        assertThrows(
            FormatException.class, () -> Conversion.open(folder, ConversionOptions.DEFAULT));
    assertTrue(problem.getMessage().contains("tokenizer.model or tokenizer.json"));
  }

  private Path folder(String model) throws IOException {
    Path folder = temp.resolve(model);
    TestConversion.copy(TestData.path("zoo/" + model + "/hf"), folder);
    Files.delete(folder.resolve("tokenizer.model"));
    return folder;
  }
}
