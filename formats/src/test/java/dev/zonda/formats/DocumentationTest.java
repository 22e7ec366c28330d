package dev.zonda.formats;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Holds `docs/formats.md` to the code.
class DocumentationTest {
  @ParameterizedTest
  @EnumSource
  void tableOfTypesIsThatOfTheCode(TensorType type) throws IOException {
    String row =
        "| %s | %s | %s | %d | %d | %s |"
            .formatted(
                type,
                type.isGgml() ? type.ggmlId() : "–",
                type.safetensorsName().orElse("–"),
                type.blockSize(),
                type.blockBytes(),
                new BigDecimal(type.bitsPerWeight()).stripTrailingZeros().toPlainString());
    String text = Files.readString(TestData.path("../docs/formats.md"));
    assertTrue(text.lines().anyMatch(row::equals), row);
  }
}
