package dev.zonda.verify.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/// A loop whose vectors are objects takes up to a hundred times as long. Whether the compiler keeps
/// them in registers must not depend on its profiles, which may not be there in time: here the
/// kernels have to do without.
class KernelBoxingTest {
  @Test
  void noKernelNeedsAProfileToKeepItsVectorsInRegisters() throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "-XX:-UseTypeProfile",
                "-cp",
                System.getProperty("java.class.path"),
                AllKernels.class.getName())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals("WARNING: Using incubator modules: jdk.incubator.vector\n", output);
    assertEquals(0, process.waitFor());
  }

  /// Prints which kernels allocate, once they are compiled.
  static final class AllKernels {
    private static final int FEATURES = 256;
    private static final int CALLS = 2000;

    /// Nothing is allocated but now and then an object for a view of a matrix; a vector is 48
    /// bytes.
    private static final double MOST_BYTES_PER_CALL = 100;

    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private AllKernels() {}

    public static void main(String[] args) {
      Kernels kernels = KernelChoice.best();
      int count = FEATURES * kernels.lanes();
      Panel panel = new Panel(12);
      float[] matrix = new float[12 * FEATURES];
      float[] x = new float[count];
      float[] y = new float[count];
      float[] perFeature = new float[FEATURES];
      Kernels.Affine affine = new Kernels.Affine(perFeature, perFeature);
      Kernels.Pairs pairs = Kernels.Pairs.halves(FEATURES / 2);
      Kernels.Strided rows = new Kernels.Strided(matrix, 0, FEATURES, 1);
      Kernels.Strided columns = new Kernels.Strided(matrix, 0, 1, 12);
      Arrays.fill(matrix, 0.5f);
      Arrays.fill(x, 0.5f);
      Arrays.fill(perFeature, 0.5f);
      check("panel", () -> kernels.multiplyPanel(panel, 12, FEATURES, x, 0, y, 0));
      check("panel's last rows", () -> kernels.multiplyPanel(panel, 3, FEATURES, x, 0, y, 0));
      check("rows", () -> kernels.multiply(rows, 4, FEATURES, x, 0, y, 0));
      check("last rows", () -> kernels.multiply(rows, 3, FEATURES, x, 0, y, 0));
      check("columns", () -> kernels.multiply(columns, 12, FEATURES, x, 0, y, 0));
      check("rmsNorm", () -> kernels.rmsNorm(x, 0, FEATURES, perFeature, 1, y, 0));
      check("layerNorm", () -> kernels.layerNorm(x, 0, FEATURES, affine, 1, y, 0));
      check("rotate", () -> kernels.rotate(y, 0, pairs, x, x, 0));
      check("swiGlu", () -> kernels.swiGlu(y, 0, x, 0, count));
      check("boundedSwiGlu", () -> kernels.boundedSwiGlu(y, 0, x, 0, count, 7, 1.7f));
      check("gelu", () -> kernels.gelu(y, 0, count));
      check("exactGelu", () -> kernels.exactGelu(y, 0, count));
      check("add", () -> kernels.add(y, 0, x, 0, count));
      check("multiply", () -> kernels.multiply(y, 0, x, 0, count));
      check("addBias", () -> kernels.addBias(y, 0, FEATURES, perFeature, 0));
      check("scaleLanes", () -> kernels.scaleLanes(y, 0, FEATURES, perFeature, 0));
      check("softCap", () -> kernels.softCap(y, 0, count, 1, 30));
      check("clamp", () -> kernels.clamp(y, 0, count, -1, 1));
      check("selfGate", () -> kernels.selfGate(y, 0, count, 1));
      check("sigmoid", () -> kernels.sigmoid(y, 0, count));
      check("softmax", () -> kernels.softmax(y, FEATURES, 1));
      ChannelDelta.Tokens tokens = new ChannelDelta.Tokens(0, 4, 6);
      check("delta", () -> kernels.delta(x, tokens, 100, 100 + 6 * kernels.lanes()));
      check("exp", () -> kernels.exp(x, 0, 1, y, 0, count - 3));
    }

    private static void check(String name, Runnable work) {
      ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long start = System.nanoTime();
      double perCall;
      do {
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < CALLS; i++) {
          work.run();
        }
        perCall = (double) (threads.getCurrentThreadAllocatedBytes() - before) / CALLS;
      } while (perCall > MOST_BYTES_PER_CALL && System.nanoTime() - start < PATIENCE.toNanos());
      if (perCall > MOST_BYTES_PER_CALL) {
        IO.println("%s: %.0f bytes per call".formatted(name, perCall));
      }
    }
  }
}
