package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Folders as people publish them: other names, model cards, chat templates, vocabularies, rotary
/// scalings, gaps in the configuration. The reference's bytes are known for each.
class VariantsTest {
  @TempDir private Path temp;

  static Stream<Arguments> variants() throws IOException {
    String json = Files.readString(TestData.path("zoo/variants.json"));
    return JsonMapper.shared()
        .readTree(json)
        .valueStream()
        .map(variant -> Arguments.of(variant.path("name").stringValue(), variant));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("variants")
  void hasTheReferencesBytes(String name, JsonNode variant) throws Exception {
    Path folder = temp.resolve(name);
    TestConversion.copy(
        TestData.path("zoo/" + variant.path("model").stringValue() + "/hf"), folder);
    for (JsonNode file : variant.path("delete")) {
      Files.delete(folder.resolve(file.stringValue()));
    }
    for (var file : variant.path("write").properties()) {
      Path path = folder.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.writeString(path, file.getValue().stringValue());
    }
    Path output = temp.resolve("out.gguf");
    ConversionOptions options = new ConversionOptions(OutputType.AUTO, Fidelity.AS_REFERENCE);
    try (Blueprint model = Conversion.open(folder, options)) {
      TestConversion.write(model, output);
    }
    assertEquals(variant.path("sha256").stringValue(), TestConversion.sha256(output));
  }
}
