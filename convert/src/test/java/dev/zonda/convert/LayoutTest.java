package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.TensorInfo;
import dev.zonda.testdata.SeededCheckpoint;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Folders in Mistral's own layout; their whole files are those of [FamiliesTest].
class LayoutTest {
  private static final String PARAMS = "params.json";

  @TempDir private Path temp;
  private Path folder;

  @BeforeEach
  void writeFolder() throws IOException {
    folder = temp.resolve("mistral_native");
    SeededCheckpoint.write("mistral_native", folder);
  }

  @Test
  void contextLengthIsWrittenUnlessTheReferencesBytesAreWanted() throws IOException {
    String key = "llama.context_length";
    try (Blueprint model = Conversion.open(folder, ConversionOptions.DEFAULT)) {
      assertEquals(OptionalLong.of(32768), model.metadata().integer(key));
      assertTrue(model.notes().toString().contains("has no max_position_embeddings"));
    }
    ConversionOptions reference = new ConversionOptions(OutputType.AUTO, Fidelity.AS_REFERENCE);
    try (Blueprint model = Conversion.open(folder, reference)) {
      assertEquals(OptionalLong.empty(), model.metadata().integer(key));
    }
    edit("\"dim\"", "\"max_position_embeddings\": 4711, \"sliding_window\": 12, \"dim\"");
    try (Blueprint model = Conversion.open(folder, ConversionOptions.DEFAULT)) {
      assertEquals(OptionalLong.of(4711), model.metadata().integer(key));
      assertEquals(OptionalLong.of(12), model.metadata().integer("llama.attention.sliding_window"));
    }
  }

  @Test
  void partsThatSeeImagesStayBehindWithANote() throws IOException {
    Path images = temp.resolve("ministral3_native");
    SeededCheckpoint.write("ministral3_native", images);
    try (Blueprint model = Conversion.open(images, ConversionOptions.DEFAULT)) {
      String notes = model.notes().toString();
      assertTrue(notes.contains("1 tensors 'vision_encoder.*' are left out"), notes);
      assertTrue(notes.contains("1 tensors 'vision_language_adapter.*' are left out"), notes);
      assertTrue(notes.contains("left out: 4 scales of activations"), notes);
      assertTrue(model.tensors().stream().noneMatch(tensor -> tensor.name().startsWith("v")));
    }
  }

  @Test
  void huggingFacesFilesCountWhereBothLayoutsAreThere() throws IOException {
    TestConversion.copy(TestData.shakespeareMistral(), temp.resolve("both"));
    Path both = temp.resolve("both");
    long tensors;
    try (Blueprint model = Conversion.open(both, ConversionOptions.DEFAULT)) {
      tensors = model.tensors().size();
    }
    Files.copy(folder.resolve(PARAMS), both.resolve(PARAMS));
    Files.writeString(both.resolve("consolidated.safetensors"), "is not looked at");
    try (Blueprint model = Conversion.open(both, ConversionOptions.DEFAULT)) {
      assertEquals(tensors, model.tensors().size());
      assertEquals(1, model.files().size());
    }
  }

  @Test
  void ownFilesCountWhereHuggingFacesAreNotComplete() throws IOException {
    Path shakespeare = TestData.shakespeareMistral();
    Files.copy(shakespeare.resolve("config.json"), folder.resolve("config.json"));
    requireOwnLayout();
    Files.delete(folder.resolve("config.json"));
    Files.copy(shakespeare.resolve("model.safetensors"), folder.resolve("model.safetensors"));
    requireOwnLayout();
  }

  private void requireOwnLayout() throws IOException {
    try (Blueprint model = Conversion.open(folder, ConversionOptions.DEFAULT)) {
      TensorInfo embedding = model.find("token_embd.weight").orElseThrow();
      assertEquals(448, embedding.shape().dimension(0));
      assertEquals(2, model.files().size());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"dim\": 128, | '' | params.json: dim is missing",
        "\"dim\": 128 | \"dim\": 96 | 'layers.0.attention.wk.weight' has shape [64, 128], but params.json says",
        "\"n_layers\": 2 | \"n_layers\": 1 | 'layers.1.attention.wk.weight' belongs to layer 1",
        "\"dim\" | \"quantization\": {}, \"dim\" | quantization.qformat_weight is 'missing'",
        "\"dim\" | \"yarn\": {\"apply_scale\": true}, \"dim\" | yarn.factor is missing",
        "\"dim\" | \"moe\": {}, \"dim\" | moe.num_experts is missing",
        "\"dim\" | \"moe\": {\"num_experts\": 8, \"num_experts_per_tok\": 2}, \"dim\" | tensor 'layers.0.feed_forward.w1.weight' is unknown in the Mixtral family",
      })
  void contradictionsAreErrorsByName(String found, String replaced, String message)
      throws IOException {
    edit(found, replaced);
    requireProblem(message);
  }

  @Test
  void missingFilesAreErrors() throws IOException {
    Files.move(
        folder.resolve("consolidated-00002-of-00002.safetensors"), temp.resolve("elsewhere"));
    requireProblem("'consolidated-00002-of-00002.safetensors' is missing");
  }

  @Test
  void tensorInTwoFilesIsAnError() throws IOException {
    Files.copy(folder.resolve("consolidated-00001-of-00002.safetensors"), folder.resolve("copy"));
    Files.delete(folder.resolve("consolidated-00002-of-00002.safetensors"));
    Files.move(folder.resolve("copy"), folder.resolve("consolidated-00002-of-00002.safetensors"));
    requireProblem("which is also in 'consolidated-00001-of-00002.safetensors'");
  }

  private void edit(String found, String replaced) throws IOException {
    Path params = folder.resolve(PARAMS);
    String text = Files.readString(params);
    assertTrue(text.contains(found), text);
    Files.writeString(params, text.replace(found, replaced));
  }

  private void requireProblem(String message) {
    FormatException problem =
        assertThrows(
            FormatException.class, () -> Conversion.open(folder, ConversionOptions.DEFAULT));
    assertTrue(problem.getMessage().contains(message), problem.getMessage());
    assertEquals(1, problem.getMessage().lines().count());
  }
}
