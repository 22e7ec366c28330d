package dev.zonda.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.zonda.verify.kernels.KernelChoice;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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

  @TempDir private Path temp;

  @Test
  void bitsDoNotDependOnTheVectors() throws Exception {
    List<String> files = new ArrayList<>();
    for (String family : FAMILIES) {
      Path file = temp.resolve(family + ".gguf");
      FamilyLogitsTest.write(family, temp, file);
      files.add(file.toString());
    }
    Run plain = Run.ofWidth(0, files);
    List<Run> vectors = new ArrayList<>();
    for (int bits : WIDTHS) {
      vectors.add(Run.ofWidth(bits, files));
    }
    List<String> expected = plain.output().lines().toList();
    assertEquals("plain Java", expected.getFirst());
    assertEquals(2, expected.size());
    for (int i = 0; i < WIDTHS.length; i++) {
      assertEquals(
          List.of(WIDTHS[i] + "-bit vectors", expected.getLast()),
          vectors.get(i).output().lines().toList());
    }
  }

  @Test
  void plainJavaServesWhereTheModuleIsMissing() throws Exception {
    Run missing = Run.start(List.of(), List.of());
    assertEquals("plain Java", missing.output().lines().findFirst().orElseThrow());
  }

  /// A JVM with the class path of this one.
  private record Run(Process process) {
    static Run ofWidth(int bits, List<String> files) throws IOException {
      return start(
          List.of("--add-modules", "jdk.incubator.vector", "-Dzonda.vectorBits=" + bits), files);
    }

    static Run start(List<String> options, List<String> files) throws IOException {
      ProcessBuilder builder = new ProcessBuilder();
      builder.command().add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      builder.command().addAll(options);
      builder.command().add("-cp");
      builder.command().add(System.getProperty("java.class.path"));
      builder.command().add(LogitsHash.class.getName());
      builder.command().addAll(files);
      return new Run(builder.redirectError(ProcessBuilder.Redirect.DISCARD).start());
    }

    String output() throws IOException, InterruptedException {
      assertEquals(true, process.waitFor(5, TimeUnit.MINUTES), "the JVM hangs");
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertEquals(0, process.exitValue(), output);
      return output;
    }
  }

  /// Prints which kernels there are, and a hash of the logits of tiny models.
  static final class LogitsHash {
    private LogitsHash() {}

    public static void main(String[] files) throws IOException {
      IO.println(KernelChoice.best().description());
      float[][] logits =
          DecoderTest.evaluate(TinyModel.of(1), List.of(DecoderTest.tokens(37, 1)), 2, 1L << 30);
      int hash = Arrays.deepHashCode(logits);
      for (String file : files) {
        hash = 31 * hash + Arrays.hashCode(FamilyLogitsTest.logits(Path.of(file)));
      }
      IO.println(hash);
    }
  }
}
