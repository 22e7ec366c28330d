package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.zonda.quantize.FileType;
import dev.zonda.testdata.TestData;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/// Every file type has files of the reference to be compared with: [EveryFileTypeTest] takes its
/// types from these.
class FileTypeDataTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "models/shakespeare-mistral.reference/reference.json",
        "zoo/mistral/quantized.json",
        "zoo/mixtral/quantized.json"
      })
  void theReferenceHasMadeEveryTypeWithAndWithoutMatrix(String file) {
    Set<String> expected = new TreeSet<>();
    for (FileType type : FileType.values()) {
      if (type != FileType.COPY) {
        expected.add(type.name());
        expected.add(type.name() + "+imatrix");
      }
    }
    assertEquals(
        expected,
        new TreeSet<>(
            JsonMapper.shared()
                .readTree(TestData.path(file).toFile())
                .get("quantize")
                .propertyNames()),
        "files that llama-quantize has made, in testdata/" + file);
  }
}
