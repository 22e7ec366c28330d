package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Shape;
import dev.zonda.testdata.SeededCheckpoint;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Experts of Qwen 3 VL are published with inputs before outputs; transformers 5 saves them the
/// other way round under the same names. The shape tells them apart.
class ExpertOrderTest {
  private static final String FAMILY = "qwen3_vl_moe";

  @TempDir private Path temp;

  /// @param saved whether outputs come first
  private Path folder(boolean saved) throws IOException {
    Path own = TestData.path("families").resolve(FAMILY);
    List<String> lines =
        Files.readAllLines(own.resolve("tensors.txt")).stream()
            .map(line ->
                saved
                    ? line.replace(" 8,48,64 ", " 8,64,48 ").replace(" 8,64,96 ", " 8,96,64 ")
                    : line)
            .toList();
    Path folder = temp.resolve("model");
    SeededCheckpoint.writeNetwork(
        FAMILY, Files.readString(own.resolve("config.json")), lines, folder);
    return folder;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void bothOrdersBecomeTheSameShapes(boolean saved) throws IOException {
    try (Blueprint model = Conversion.open(folder(saved), ConversionOptions.DEFAULT)) {
      assertEquals(Shape.of(8, 64, 48), shape(model, "blk.0.ffn_down_exps.weight"));
      assertEquals(Shape.of(8, 48, 64), shape(model, "blk.0.ffn_gate_exps.weight"));
      assertEquals(Shape.of(8, 48, 64), shape(model, "blk.1.ffn_up_exps.weight"));
    }
  }

  private static Shape shape(Blueprint model, String name) {
    return model.find(name).orElseThrow().shape();
  }

  @Test
  void whatTheReferenceMisreadsIsNotWrittenAsItDoes() throws IOException {
    Path folder = folder(true);
    ConversionOptions reference = new ConversionOptions(OutputType.F32, Fidelity.AS_REFERENCE);
    FormatException problem =
        assertThrows(FormatException.class, () -> Conversion.open(folder, reference));
    assertTrue(problem.getMessage().contains("leave out --as-reference"), problem.getMessage());
    assertEquals(1, problem.getMessage().lines().count());
  }
}
