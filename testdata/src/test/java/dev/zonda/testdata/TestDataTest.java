package dev.zonda.testdata;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestDataTest {
  private static final long BUDGET = 25_000_000;

  @Test
  void staysSmallEnoughForARepository() throws IOException {
    Path root = TestData.path("README.md").getParent();
    long bytes = 0;
    for (String folder : new String[] {"golden", "models", "zoo"}) {
      try (Stream<Path> files = Files.walk(root.resolve(folder))) {
        bytes += files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
      }
    }
    assertTrue(bytes > 0 && bytes < BUDGET, "test data takes " + bytes + " bytes");
  }

  @Test
  void shapesHaveTheSizesTheyClaim() {
    assertEquals(672_188_416L, LlamaShape.M672.parameters());
    assertEquals(7_241_732_096L, LlamaShape.B7.parameters());
  }

  @Test
  void sparseModelTakesNoSpaceButHasItsSize(@TempDir Path folder) throws IOException {
    SyntheticModel.write(folder, LlamaShape.M134, SyntheticModel.Weights.SPARSE);
    long size = Files.size(folder.resolve("model.safetensors"));
    assertTrue(size > 2 * LlamaShape.M134.parameters(), "only " + size + " bytes");
    assertTrue(Files.readString(folder.resolve("config.json")).contains("LlamaForCausalLM"));
  }
}
