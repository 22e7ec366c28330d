package dev.zonda.quantize.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The launcher has vector kernels compiled early, and finds them by the names of their classes:
/// one that is called otherwise runs a hundred times slower for its first second or two.
class KernelNamesTest {
  private static final Path SOURCES = Path.of("src/main/java/dev/zonda/quantize/kernel");

  /// Asks how wide vectors are, and computes nothing.
  private static final String CHOICE = "Vectors.java";

  @Test
  void classesThatComputeWithVectorsAreNamedLane() throws IOException {
    try (Stream<Path> files = Files.list(SOURCES)) {
      List<String> kernels =
          files
              .filter(KernelNamesTest::usesVectors)
              .map(file -> file.getFileName().toString())
              .sorted()
              .toList();
      assertFalse(kernels.isEmpty());
      assertEquals(
          List.of(),
          kernels.stream()
              .filter(name -> !name.startsWith("Lane") && !name.equals(CHOICE))
              .toList());
    }
  }

  private static boolean usesVectors(Path file) {
    try {
      return Files.readString(file).contains("import jdk.incubator.vector.");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
