package dev.zonda.convert.tokenizers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.Blueprint;
import dev.zonda.convert.Conversion;
import dev.zonda.convert.ConversionOptions;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.testdata.SeededCheckpoint;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Kimi's vocabulary: a list of ranks, with special tokens behind it.
class KimiVocabularyTest {
  @TempDir private Path temp;
  private Path folder;

  @BeforeEach
  void write() throws IOException {
    folder = temp.resolve("kimi_k2");
    SeededCheckpoint.write("kimi_k2", folder);
  }

  @Test
  void textsGetTheIdsOfItsPattern() throws IOException {
    JsonNode expected =
        JsonMapper.shared().readTree(TestData.path("tokenizers/kimi_k2.json").toFile());
    try (Blueprint model = Conversion.open(folder, ConversionOptions.DEFAULT)) {
      Tokenizer ofFolder = model.tokenizer();
      Tokenizer ofFile = Tokenizer.of(model.metadata());
      for (JsonNode one : expected) {
        int[] ids = one.path("ids").valueStream().mapToInt(JsonNode::intValue).toArray();
        String text = one.path("text").stringValue();
        assertArrayEquals(ids, ofFolder.encode(text, Tokenizer.ControlNames.TOKENS), text);
        assertArrayEquals(ids, ofFile.encode(text, Tokenizer.ControlNames.TOKENS), text);
      }
    }
  }

  @Test
  void specialTokensAreNamedOrReserved() throws IOException {
    try (Blueprint model = Conversion.open(folder, ConversionOptions.DEFAULT)) {
      Metadata metadata = model.metadata();
      var tokens = metadata.array("tokenizer.ggml.tokens").orElseThrow();
      assertEquals(796, tokens.size());
      assertTrue(tokens.get(540).toString().contains("[BOS]"));
      assertTrue(tokens.get(545).toString().contains("<|reserved_token_545|>"));
      assertEquals(Optional.of("kimi-k2"), metadata.text("tokenizer.ggml.pre"));
      assertEquals(OptionalLong.of(795), metadata.integer("tokenizer.ggml.padding_token_id"));
    }
  }

  /// The parts of such a token never merge to it: llama.cpp would not find it in a text.
  @Test
  void aTokenThatNothingMergesToIsTakenWhole() throws IOException {
    Path file = folder.resolve("tiktoken.model");
    // The last token's place is taken by "qqqqqq".
    Files.writeString(file, Files.readString(file).replaceFirst("\\S+ 539\n$", "cXFxcXFx 539\n"));
    try (Blueprint model = Conversion.open(folder, ConversionOptions.DEFAULT)) {
      assertTrue(
          model.notes().stream().anyMatch(note -> note.startsWith("some tokens are not merged")),
          model.notes().toString());
      assertArrayEquals(new int[] {539}, Tokenizer.of(model.metadata()).encode("qqqqqq"));
    }
  }

  @Test
  void longTokensAreRefused() throws IOException {
    Path file = folder.resolve("tiktoken.model");
    String text = Files.readString(file);
    Files.writeString(file, text.replaceFirst("IQ== 0", "IQ".repeat(1000) + " 0"));
    FormatException problem =
        assertThrows(
            FormatException.class,
            () -> Conversion.open(folder, ConversionOptions.DEFAULT).close());
    assertTrue(problem.getMessage().contains("has 1500 bytes, expected at most 1024"));
  }

  @ParameterizedTest
  @CsvSource({
    "tiktoken.model, 'IQ== 0', 'IQ== 1', 'line 1 is not a token in Base64 with rank 0'",
    "tokenizer_config.json, '\"540\": {', '\"x\": {', 'x is not a token with an id'",
  })
  void contradictionsAreErrors(String name, String found, String replaced, String message)
      throws IOException {
    Path file = folder.resolve(name);
    String text = Files.readString(file);
    assertTrue(text.contains(found));
    Files.writeString(file, text.replace(found, replaced));
    FormatException problem =
        assertThrows(
            FormatException.class,
            () -> Conversion.open(folder, ConversionOptions.DEFAULT).close());
    assertTrue(problem.getMessage().contains(message), problem.getMessage());
  }
}
