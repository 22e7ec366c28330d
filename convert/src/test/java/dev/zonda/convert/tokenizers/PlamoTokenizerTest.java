package dev.zonda.convert.tokenizers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.Blueprint;
import dev.zonda.convert.Conversion;
import dev.zonda.convert.ConversionOptions;
import dev.zonda.convert.OutputType;
import dev.zonda.convert.config.Fidelity;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.testdata.SeededCheckpoint;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// PLaMo's vocabulary, and texts with the ids that llama.cpp gives them.
class PlamoTokenizerTest {
  @TempDir private Path temp;

  private Path folder() throws IOException {
    return folder("plamo3");
  }

  private Path folder(String name) throws IOException {
    Path folder = temp.resolve(name);
    SeededCheckpoint.write(name, folder);
    return folder;
  }

  @ParameterizedTest
  @ValueSource(strings = {"plamo2", "plamo3"})
  void givesTheIdsOfLlamaCpp(String name) throws IOException {
    try (GgufModel model = Conversion.open(folder(name), ConversionOptions.DEFAULT)) {
      Tokenizer tokenizer = Tokenizer.of(model.metadata());
      JsonNode cases =
          JsonMapper.shared().readTree(TestData.path("golden/plamo-tokens.json").toFile());
      assertTrue(cases.size() > 50);
      for (JsonNode one : cases) {
        String text = one.path("text").stringValue();
        int[] expected = one.path("ids").valueStream().mapToInt(JsonNode::intValue).toArray();
        int[] found = tokenizer.encode(text, Tokenizer.ControlNames.TOKENS);
        assertArrayEquals(expected, found, text);
        String back = tokenizer.decode(found, Tokenizer.ControlNames.TOKENS);
        assertEquals(text.startsWith("\uFEFF") ? text.substring(1) : text, back);
      }
    }
  }

  /// llama.cpp's converter writes that of PLaMo 3 alone.
  @ParameterizedTest
  @ValueSource(strings = {"plamo2", "plamo3"})
  void chatTemplatesAreWritten(String name) throws IOException {
    Path folder = folder(name);
    ConversionOptions reference = new ConversionOptions(OutputType.F32, Fidelity.AS_REFERENCE);
    String key = "tokenizer.chat_template";
    try (Blueprint model = Conversion.open(folder, ConversionOptions.DEFAULT);
        Blueprint asReference = Conversion.open(folder, reference)) {
      boolean isDropped = name.equals("plamo2");
      assertTrue(model.metadata().text(key).isPresent());
      assertEquals(isDropped, asReference.metadata().text(key).isEmpty());
      assertEquals(
          isDropped,
          model.notes().stream().anyMatch(note -> note.startsWith("the chat template is written")));
    }
  }

  @Test
  void aDocumentBeginsAsTheFolderSays() throws IOException {
    try (GgufModel model = Conversion.open(folder(), ConversionOptions.DEFAULT)) {
      Tokenizer tokenizer = Tokenizer.of(model.metadata());
      assertArrayEquals(new int[] {1}, tokenizer.encodeDocument(""));
    }
  }

  @Test
  void linesThatAreNoTokensAreNamed() throws IOException {
    Path folder = folder();
    Path file = folder.resolve("tokenizer.jsonl");
    List<String> lines = Files.readAllLines(file);
    for (String broken : List.of("[\"a\"]", "{", "[1, 2, \"NORMAL\"]")) {
      lines.set(20, broken);
      Files.write(file, lines);
      FormatException refused =
          assertThrows(
              FormatException.class, () -> Conversion.open(folder, ConversionOptions.DEFAULT));
      assertTrue(refused.getMessage().contains("line 21"), refused.getMessage());
    }
  }
}
