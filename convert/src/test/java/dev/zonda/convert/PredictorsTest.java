package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.PredictorChoice;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.Predictors;
import dev.zonda.formats.FormatException;
import dev.zonda.testdata.SeededCheckpoint;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/// Layers that predict further tokens: kept, left out, or alone in a file.
class PredictorsTest {
  @TempDir private Path temp;

  static Stream<Arguments> references() {
    return JsonMapper.shared()
        .readTree(TestData.path("families/predictors.json").toFile())
        .properties()
        .stream()
        .flatMap(model ->
            model.getValue().properties().stream()
                .map(option ->
                    Arguments.of(
                        model.getKey(), option.getKey(), option.getValue().stringValue())));
  }

  /// Some families number their layers apart.
  @Test
  void namesAreNumberedLikeLayers() {
    Family family =
        Family.builder("", "")
            .tensors(Predictors.TENSORS)
            .predictors(
                new Predictors(
                    Predictors.USUAL.count(),
                    (name, layers) -> name.replace("mtp.fc.", "model.layers." + layers + ".")))
            .build();
    assertEquals("model.layers.7.x", family.numberedName("mtp.fc.x", 7));
    assertEquals(7, family.layer("mtp.fc.x.weight", 7));
    assertEquals(2, family.layer("layers.2.x.weight", 7));
    assertEquals(-1, family.layer("model.norm.weight", 7));
  }

  private static PredictorChoice choice(String option) {
    return switch (option) {
      case "--mtp" -> PredictorChoice.ONLY;
      case "--no-mtp" -> PredictorChoice.LEAVE_OUT;
      default -> throw new IllegalArgumentException(option);
    };
  }

  private Blueprint open(String name, Fidelity fidelity, PredictorChoice choice)
      throws IOException {
    Path folder = temp.resolve(name);
    SeededCheckpoint.write(name, folder);
    return Conversion.open(folder, new ConversionOptions(OutputType.AUTO, fidelity).with(choice));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("references")
  void writesTheReferencesBytes(String name, String option, String sha256) throws Exception {
    Path file = temp.resolve("out.gguf");
    try (Blueprint model = open(name, Fidelity.AS_REFERENCE, choice(option))) {
      TestConversion.write(model, file);
    }
    assertEquals(sha256, TestConversion.sha256(file), "%s of %s".formatted(option, name));
  }

  @ParameterizedTest
  @CsvSource({"KEEP, 4, 1, true, true", "LEAVE_OUT, 3, , true, false", "ONLY, 4, 1, false, true"})
  void layersAreCountedAndThere(
      PredictorChoice choice, long layers, Long counted, boolean hasFirst, boolean hasLast)
      throws IOException {
    try (Blueprint model = open("glm4_moe", Fidelity.CORRECTED, choice)) {
      assertEquals(OptionalLong.of(layers), model.metadata().integer("glm4moe.block_count"));
      assertEquals(
          counted == null ? OptionalLong.empty() : OptionalLong.of(counted),
          model.metadata().integer("glm4moe.nextn_predict_layers"));
      assertEquals(hasFirst, model.find("blk.0.attn_norm.weight").isPresent());
      assertEquals(hasLast, model.find("blk.3.nextn.eh_proj.weight").isPresent());
      assertTrue(model.find("token_embd.weight").isPresent());
      assertTrue(model.find("output_norm.weight").isPresent());
      assertTrue(model.find("output.weight").isPresent());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "LEAVE_OUT | 46 tensors of layers that predict further tokens are left out",
        "ONLY | 94 tensors of the network itself are left out",
      })
  void whatStaysBehindIsSaid(PredictorChoice choice, String note) throws IOException {
    try (Blueprint model = open("glm4_moe", Fidelity.CORRECTED, choice)) {
      assertEquals(List.of(note), model.notes());
    }
  }

  /// transformers does not save them.
  @Test
  void layersThatAreOnlyCountedAreNotInTheFile() throws IOException {
    try (Blueprint model = open("glm4_moe_saved", Fidelity.CORRECTED, PredictorChoice.KEEP)) {
      assertEquals(OptionalLong.of(3), model.metadata().integer("glm4moe.block_count"));
      assertTrue(model.metadata().get("glm4moe.nextn_predict_layers").isEmpty());
      assertEquals(1, model.notes().size());
      assertTrue(
          model.notes().getFirst().contains("though config.json counts 1"),
          model.notes().getFirst());
    }
  }

  /// The number that no field says is that of published models.
  @Test
  void layersThatOnlyPublishedModelsHaveAreNotInTheFile() throws IOException {
    Path folder = temp.resolve("folder");
    List<String> tensors =
        tensors("mimo2").stream().filter(name -> !name.contains(".mtp.")).toList();
    SeededCheckpoint.write("mimo2", config("mimo2"), tensors, folder);
    try (Blueprint model = open(folder)) {
      assertTrue(model.metadata().get("mimo2.nextn_predict_layers").isEmpty());
      assertTrue(
          model.notes().getFirst().contains("though models of the family have 3:"),
          model.notes().getFirst());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "null"})
  void layersThatNoFieldCountsAreRefused(String count) throws IOException {
    Path folder = temp.resolve("folder");
    String field = "\"num_nextn_predict_layers\": ";
    String config = config("glm4_moe").replace(field + "1", field + count);
    SeededCheckpoint.write("glm4_moe", config, tensors("glm4_moe"), folder);
    FormatException problem = assertThrows(FormatException.class, () -> open(folder).close());
    assertTrue(
        problem
            .getMessage()
            .endsWith(
                "num_hidden_layers 3 and 0 more that predict further tokens;"
                    + " --no-mtp leaves out all behind the first 3"),
        problem.getMessage());
  }

  private static String config(String name) throws IOException {
    return Files.readString(TestData.path("families/" + name + "/config.json"));
  }

  private static List<String> tensors(String name) throws IOException {
    return Files.readAllLines(TestData.path("families/" + name + "/tensors.txt"));
  }

  private static Blueprint open(Path folder) throws IOException {
    return Conversion.open(folder, new ConversionOptions(OutputType.AUTO, Fidelity.CORRECTED));
  }

  @ParameterizedTest
  @CsvSource({"glm4_moe_saved", "deepseek_v3", "llama3"})
  void aFileOfNothingIsRefused(String name) {
    FormatException problem =
        assertThrows(
            FormatException.class,
            () -> open(name, Fidelity.CORRECTED, PredictorChoice.ONLY).close());
    assertTrue(
        problem.getMessage().contains("has no layers that predict further tokens: "),
        problem.getMessage());
    assertEquals(1, problem.getMessage().lines().count());
  }

  @ParameterizedTest
  @CsvSource({"glm4_moe_saved", "deepseek_v3", "llama3"})
  void leavingOutNothingIsSaid(String name) throws IOException {
    try (Blueprint model = open(name, Fidelity.CORRECTED, PredictorChoice.LEAVE_OUT)) {
      assertEquals(
          1, model.notes().stream().filter(note -> note.startsWith("--no-mtp has no")).count());
    }
    try (Blueprint model = open("glm4_moe", Fidelity.CORRECTED, PredictorChoice.LEAVE_OUT)) {
      assertFalse(model.notes().stream().anyMatch(note -> note.startsWith("--no-mtp has no")));
    }
  }
}
