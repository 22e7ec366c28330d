package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.families.Families;
import dev.zonda.convert.rules.Family;
import dev.zonda.testdata.SeededCheckpoint;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Well-known models in the sizes in which they were published, planned without a byte of weights:
/// their parameters, fields that nobody reads, and the types that they get when they are quantized.
class RealShapesTest {
  /// The sizes of Mistral Small 4, of PLaMo 3, of Granite with windows, of Nanbeige and of what
  /// llama.cpp calls Deci are not known here.
  private static final Set<String> UNPUBLISHED =
      Set.of("granite_swa", "mistral4", "nanbeige", "deci", "plamo3");

  @TempDir private Path temp;

  static Stream<Arguments> models() throws IOException {
    String json = Files.readString(TestData.path("shapes/models.json"));
    return JsonMapper.shared().readTree(json).properties().stream()
        .map(model ->
            Arguments.of(
                model.getKey(),
                model.getValue().path("vocabulary").stringValue(),
                // Rows of the file that the checkpoint does not have are no parameters.
                model.getValue().path("parameters").longValue()
                    + model.getValue().path("padding").longValue(0)));
  }

  static Stream<Family> families() {
    return Families.all().stream().filter(family -> !UNPUBLISHED.contains(family.architecture()));
  }

  @ParameterizedTest
  @MethodSource("families")
  void everyFamilyHasAModel(Family family) throws IOException {
    List<String> models = new ArrayList<>();
    for (Arguments model : models().toList()) {
      String name = (String) model.get()[0];
      Path config = TestData.path("shapes").resolve(name).resolve("config.json");
      JsonNode json = JsonMapper.shared().readTree(Files.readString(config));
      if (Families.of(JsonFields.of(config, json)).equals(family)) {
        models.add(name);
      }
    }
    assertFalse(models.isEmpty(), "no model of testdata/shapes/models.json is a " + family.name());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("models")
  void isPlannedAsPublishedAndAsTheReferenceDoes(String name, String vocabulary, long parameters)
      throws IOException {
    Path folder = temp.resolve(name);
    SeededCheckpoint.writeSparse(name, vocabulary, folder);
    try (Blueprint model = Conversion.open(folder, ConversionOptions.DEFAULT)) {
      long found =
          model.tensors().stream()
              .filter(tensor -> !tensor.name().startsWith("rope_"))
              .mapToLong(tensor -> tensor.shape().elements())
              .sum();
      assertEquals(parameters, found + learnedKeys(model), "parameters of " + name);
      assertEquals(List.of(), UnreadFieldsTest.unread(model), "fields that nobody reads");
      ShapePlans.assertTypes(name, model);
    }
  }

  /// Parameters that GGUF keeps as keys.
  private static int learnedKeys(Blueprint model) {
    return Stream.of("xielu.alpha_n", "xielu.alpha_p")
        .mapToInt(key -> model.metadata().array(key).map(List::size).orElse(0))
        .sum();
  }
}
