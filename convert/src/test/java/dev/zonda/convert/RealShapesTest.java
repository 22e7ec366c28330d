package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.zonda.testdata.SeededCheckpoint;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

/// Well-known models in the sizes in which they were published, planned without a byte of weights.
class RealShapesTest {
  @TempDir private Path temp;

  static Stream<Arguments> models() throws IOException {
    String json = Files.readString(TestData.path("shapes/models.json"));
    return JsonMapper.shared().readTree(json).properties().stream()
        .map(model ->
            Arguments.of(
                model.getKey(),
                model.getValue().path("vocabulary").stringValue(),
                model.getValue().path("parameters").longValue()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("models")
  void isPlannedWithTheRightNumberOfParameters(String name, String vocabulary, long parameters)
      throws IOException {
    Path folder = temp.resolve(name);
    SeededCheckpoint.writeSparse(name, vocabulary, folder);
    try (Blueprint model = Conversion.open(folder, ConversionOptions.DEFAULT)) {
      long found =
          model.tensors().stream()
              .filter(tensor -> !tensor.name().startsWith("rope_"))
              .mapToLong(tensor -> tensor.shape().elements())
              .sum();
      assertEquals(parameters, found);
    }
  }
}
