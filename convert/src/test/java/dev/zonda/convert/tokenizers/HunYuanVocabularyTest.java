package dev.zonda.convert.tokenizers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.Blueprint;
import dev.zonda.convert.Conversion;
import dev.zonda.convert.ConversionOptions;
import dev.zonda.convert.OutputType;
import dev.zonda.convert.config.Fidelity;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.testdata.SeededCheckpoint;
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

/// The vocabulary of Hunyuan A13B: a list of ranks, with special tokens behind it that no file
/// names; and what its converter takes for granted of config.json.
class HunYuanVocabularyTest {
  private static final ConversionOptions AS_REFERENCE =
      new ConversionOptions(OutputType.AUTO, Fidelity.AS_REFERENCE);

  private static final int RANKS = 321;

  @TempDir private Path temp;
  private Path folder;

  @BeforeEach
  void write() throws IOException {
    folder = temp.resolve("hunyuan_moe");
    SeededCheckpoint.write("hunyuan_moe", folder);
  }

  @Test
  void specialTokensFollowTheRanks() throws IOException {
    try (Blueprint model = Conversion.open(folder, ConversionOptions.DEFAULT)) {
      Metadata metadata = model.metadata();
      var tokens = metadata.array("tokenizer.ggml.tokens").orElseThrow();
      assertEquals(RANKS + 210, tokens.size());
      assertTrue(tokens.get(RANKS).toString().contains("<|endoftext|>"));
      assertTrue(tokens.get(RANKS + 2).toString().contains("<|bos|>"));
      assertTrue(tokens.get(RANKS + 209).toString().contains("<|extra_204|>"));
      assertEquals(Optional.of("hunyuan"), metadata.text("tokenizer.ggml.pre"));
      assertEquals(OptionalLong.of(RANKS + 3), metadata.integer("tokenizer.ggml.eos_token_id"));
    }
  }

  /// config.json says 1.
  @Test
  void theBosIsTheOneOfItsName() throws IOException {
    assertEquals(RANKS + 2, bos(ConversionOptions.DEFAULT));
    assertEquals(127959, bos(AS_REFERENCE));
    replace("tokenizer_config.json", "\"eos_token\"", "\"bos_token\": \"<|pad|>\", \"eos_token\"");
    assertEquals(RANKS + 4, bos(ConversionOptions.DEFAULT));
  }

  @Test
  void aTokenThatNothingMergesToIsTakenWhole() throws IOException {
    try (Blueprint model = Conversion.open(folder, ConversionOptions.DEFAULT)) {
      assertTrue(
          model.notes().stream().anyMatch(note -> note.startsWith("some tokens are not merged")),
          model.notes().toString());
      assertEquals(
          RANKS - 1, Tokenizer.of(model.metadata()).encode("x lazy")[1], "the last of the ranks");
    }
  }

  @Test
  void theReferenceNeedsTheRanks() throws IOException {
    Files.move(folder.resolve("hy.tiktoken"), folder.resolve("other"));
    assertTrue(problem(AS_REFERENCE).contains("has no hy.tiktoken"), problem(AS_REFERENCE));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "alpha": 1000.0 | "alpha": 999.0 | true | is 999.0 with heads of 128
          "moe_topk": [ | "moe_topk": 3, "other": [ | true | is not a list
          "moe_topk": [ | "moe_topk": [2, | false | expected one number for all layers
          "num_shared_expert": [ | "num_shared_expert": [2, | false | expected one number for all
          """)
  void whatCannotBeWrittenIsAnError(
      String found, String replaced, boolean isOnlyTheReference, String message)
      throws IOException {
    replace("config.json", found, replaced);
    assertTrue(problem(AS_REFERENCE).contains(message), problem(AS_REFERENCE));
    if (isOnlyTheReference) {
      Conversion.open(folder, ConversionOptions.DEFAULT).close();
    } else {
      assertTrue(problem(ConversionOptions.DEFAULT).contains(message));
    }
  }

  private long bos(ConversionOptions options) throws IOException {
    try (Blueprint model = Conversion.open(folder, options)) {
      return model.metadata().integer("tokenizer.ggml.bos_token_id").orElseThrow();
    }
  }

  private void replace(String name, String found, String replaced) throws IOException {
    Path file = folder.resolve(name);
    String text = Files.readString(file);
    assertTrue(text.contains(found), text);
    Files.writeString(file, text.replace(found, replaced));
  }

  private String problem(ConversionOptions options) {
    return assertThrows(FormatException.class, () -> Conversion.open(folder, options).close())
        .getMessage();
  }
}
