package dev.zonda.verify.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.zonda.verify.TinyModel;
import dev.zonda.verify.kernels.KernelChoice;
import dev.zonda.verify.kernels.WarmUp;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Logits have the same bits at every vector width and in plain Java. Each width needs a JVM of its
/// own; they run side by side.
class VectorWidthTest {
  /// Together they have every operation.
  private static final List<String> FAMILIES =
      List.of("deepseek_v3", "gemma2", "gpt_oss", "falcon40b", "bloom");

  private static final int[] WIDTHS = {128, 256, 512};
  private static final int[] REGISTERS = {16, 32};

  @TempDir private Path temp;

  @Test
  void bitsDoNotDependOnTheVectors() throws Exception {
    List<String> files = new ArrayList<>();
    for (String family : FAMILIES) {
      Path file = temp.resolve(family + ".gguf");
      FamilyLogitsTest.write(family, temp, file);
      files.add(file.toString());
    }
    Run plain = Run.with(0, 16, files);
    Map<String, Run> vectors = new LinkedHashMap<>();
    for (int bits : WIDTHS) {
      for (int registers : REGISTERS) {
        vectors.put(
            "%d-bit vectors in %d registers".formatted(bits, registers),
            Run.with(bits, registers, files));
      }
    }
    List<String> expected = plain.output().lines().toList();
    assertEquals("plain Java", expected.getFirst());
    assertEquals(2, expected.size());
    for (Map.Entry<String, Run> entry : vectors.entrySet()) {
      assertEquals(
          List.of(entry.getKey(), expected.getLast()), entry.getValue().output().lines().toList());
    }
  }

  @Test
  void plainJavaServesWhereTheModuleIsMissing() throws Exception {
    Run missing = Run.start(List.of(), List.of());
    assertEquals("plain Java", missing.output().lines().findFirst().orElseThrow());
  }

  /// A JVM with the class path of this one.
  private record Run(Process process, Path err) {
    static Run with(int bits, int registers, List<String> files) throws IOException {
      return start(
          List.of(
              "--add-modules",
              "jdk.incubator.vector",
              "-Dzonda.vectorBits=" + bits,
              "-Dzonda.vectorRegisters=" + registers),
          files);
    }

    static Run start(List<String> options, List<String> files) throws IOException {
      ProcessBuilder builder = new ProcessBuilder();
      builder.command().add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      builder.command().addAll(options);
      builder.command().add("-cp");
      builder.command().add(System.getProperty("java.class.path"));
      builder.command().add(LogitsHash.class.getName());
      builder.command().addAll(files);
      Path err = Files.createTempFile("zonda", "err");
      return new Run(builder.redirectError(err.toFile()).start(), err);
    }

    String output() throws IOException, InterruptedException {
      assertEquals(true, process.waitFor(5, TimeUnit.MINUTES), "the JVM hangs");
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      List<String> errors = Files.readAllLines(err);
      Files.delete(err);
      assertEquals(0, process.exitValue(), errors::toString);
      errors.remove("WARNING: Using incubator modules: jdk.incubator.vector");
      assertEquals(List.of(), errors);
      return output;
    }
  }

  /// Prints which kernels there are, and a hash of the logits of tiny models.
  static final class LogitsHash {
    private LogitsHash() {}

    public static void main(String[] files) throws IOException {
      new WarmUp(KernelChoice.best()).run();
      IO.println(KernelChoice.best().description());
      float[][] logits =
          DecoderTest.evaluate(TinyModel.of(1), List.of(TinyModel.tokens(37, 1)), 2, 1L << 30);
      int hash = Arrays.deepHashCode(logits);
      for (String file : files) {
        hash = 31 * hash + Arrays.hashCode(FamilyLogitsTest.logits(Path.of(file)));
      }
      IO.println(hash);
    }
  }
}
