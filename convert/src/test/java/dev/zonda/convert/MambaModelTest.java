package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.TensorInfo;
import dev.zonda.testdata.SeededCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// How many tokens Mamba has, in the layout of its authors and in that of transformers, and sizes
/// that config.json says in words or that no reader has.
class MambaModelTest {
  private static final ConversionOptions REFERENCE =
      new ConversionOptions(OutputType.F32, Fidelity.AS_REFERENCE);

  @TempDir private Path temp;

  private Path folder(String name) throws IOException {
    Path folder = temp.resolve(name);
    SeededCheckpoint.writeNetwork(name, folder);
    return folder;
  }

  private static List<Long> tokensAndRows(Path folder, ConversionOptions options)
      throws IOException {
    try (Blueprint model = Conversion.open(folder, options)) {
      long rows =
          model.tensors().stream()
              .filter(tensor -> tensor.name().equals("token_embd.weight"))
              .map(TensorInfo::shape)
              .findFirst()
              .orElseThrow()
              .dimension(0);
      int tokens = model.metadata().array("tokenizer.ggml.tokens").orElseThrow().size();
      return List.of((long) tokens, rows);
    }
  }

  @Test
  void itsAuthorsRoundTheNumberOfTokensUp() throws IOException {
    for (String name : List.of("mamba_authors", "mamba_authors_named")) {
      Path folder = folder(name);
      assertEquals(List.of(552L, 552L), tokensAndRows(folder, ConversionOptions.DEFAULT), name);
      assertEquals(List.of(552L, 552L), tokensAndRows(folder, REFERENCE), name);
    }
  }

  @Test
  void transformersDoesNot() throws IOException {
    Path folder = folder("mamba");
    set(folder, "pad_vocab_size_multiple", "100");
    assertEquals(List.of(552L, 552L), tokensAndRows(folder, ConversionOptions.DEFAULT));
    assertEquals(List.of(600L, 552L), tokensAndRows(folder, REFERENCE));
  }

  @Test
  void stepsThatAreNotCountedAreASixteenth() throws IOException {
    Path folder = folder("mamba");
    set(folder, "time_step_rank", "\"auto\"");
    try (Blueprint model = Conversion.open(folder, ConversionOptions.DEFAULT)) {
      assertEquals(3, model.metadata().integer("mamba.ssm.time_step_rank").orElseThrow());
    }
  }

  @Test
  void channelsThatNoReaderHasAreRefused() throws IOException {
    Path folder = folder("mamba");
    set(folder, "intermediate_size", "144");
    FormatException thrown =
        assertThrows(
            FormatException.class,
            () -> Conversion.open(folder, ConversionOptions.DEFAULT).close());
    assertTrue(
        thrown.getMessage().contains("is 144, expected twice hidden_size, 48"), thrown::getMessage);
  }

  private static void set(Path folder, String field, String value) throws IOException {
    Path config = folder.resolve("config.json");
    ObjectNode fields = (ObjectNode) JsonMapper.shared().readTree(Files.readString(config));
    fields.set(field, JsonMapper.shared().readTree(value));
    Files.writeString(config, fields.toString());
  }
}
