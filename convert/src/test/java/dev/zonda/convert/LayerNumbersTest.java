package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.MetadataValue;
import dev.zonda.testdata.SeededCheckpoint;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Tensors of one number in each layer, which GGUF keeps as arrays.
class LayerNumbersTest {
  private static final String KEY = "xielu.alpha_n";

  @TempDir private Path temp;

  private Blueprint open(String config, String without) throws IOException {
    Path folder = temp.resolve("model");
    List<String> tensors =
        Files.readAllLines(TestData.path("families/apertus/tensors.txt")).stream()
            .filter(line -> !line.contains(without))
            .toList();
    SeededCheckpoint.writeNetwork("apertus", config, tensors, folder);
    return Conversion.open(folder, ConversionOptions.DEFAULT);
  }

  private static String config() throws IOException {
    return Files.readString(TestData.path("families/apertus/config.json"));
  }

  @Test
  void theyAreKeysAndNotTensors() throws IOException {
    try (Blueprint model = open(config(), "nothing")) {
      List<MetadataValue> numbers = model.metadata().array(KEY).orElseThrow();
      assertEquals(3, numbers.size());
      assertEquals(3, numbers.stream().distinct().count());
      assertTrue(model.tensors().stream().noneMatch(tensor -> tensor.name().contains("xielu")));
    }
  }

  @Test
  void withoutOneTheCheckpointIsRefused() throws IOException {
    String config = config();
    FormatException thrown =
        assertThrows(FormatException.class, () -> open(config, "{0-2}.mlp.act_fn.beta"));
    assertTrue(
        thrown.getMessage().contains("'model.layers.0.mlp.act_fn.beta' is missing"),
        thrown.getMessage());
  }

  @Test
  void anotherActivationIsOnlyEvaluated() throws IOException {
    try (Blueprint model = open(config().replace("\"xielu\"", "\"gelu\""), "act_fn")) {
      FormatException thrown = assertThrows(FormatException.class, model::requireWritable);
      assertTrue(thrown.getMessage().contains(KEY), thrown.getMessage());
      assertEquals("gelu", model.unwritten().text("apertus.feed_forward.activation").orElse(""));
    }
  }
}
