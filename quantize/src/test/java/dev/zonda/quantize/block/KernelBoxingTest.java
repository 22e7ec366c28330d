package dev.zonda.quantize.block;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import dev.zonda.formats.TensorType;
import dev.zonda.quantize.kernel.Samples;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Vectors whose class the compiler does not know are objects, and a loop with one of them takes
/// three to fifty times as long. A variable that a loop carries has its class only from what is
/// assigned to it: where that is the result of the variable's own method (`sum = sum.add(v)`), the
/// compiler knows it only from a profile, which may not be there in time. So kernels assign the
/// results of other vectors' methods (`sum = v.add(sum)`), and here they have to do without
/// profiles.
class KernelBoxingTest {
  @Test
  void noKernelNeedsAProfileToKeepItsVectorsInRegisters() throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "-XX:-UseTypeProfile",
                "-XX:CompileThresholdScaling=0.1",
                "-cp",
                System.getProperty("java.class.path"),
                AllCodecs.class.getName())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals("WARNING: Using incubator modules: jdk.incubator.vector\n", output);
    assertEquals(0, process.waitFor());
  }

  /// Prints which codecs allocate more than their buffers, once they are compiled.
  static final class AllCodecs {
    private static final int COLUMNS = 4096;
    private static final int ROWS = 4;

    /// Buffers are up to four bytes per value, and there may be an object for each group. A loop
    /// that boxes makes one of 48 bytes for eight values or less, at every step.
    private static final double MOST_BYTES_PER_VALUE = 12;

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private AllCodecs() {}

    public static void main(String[] args) {
      float[] values = Samples.NORMAL.values(ROWS * COLUMNS, 1);
      Importance columns = new Importance.Columns(Samples.POSITIVE.values(COLUMNS, 2));
      for (TensorType type : TensorType.values()) {
        Optional<Codec> found = Codecs.of(type);
        if (found.isEmpty()) {
          continue;
        }
        Codec codec = found.get();
        MemorySegment out = Arena.ofAuto().allocate(ROWS * type.byteSize(COLUMNS));
        float[] back = new float[values.length];
        if (!codec.requiresImportance()) {
          check(
              type + " without",
              () -> codec.quantize(values, ROWS, COLUMNS, Importance.NONE, out, 0));
        }
        check(type + " with", () -> codec.quantize(values, ROWS, COLUMNS, columns, out, 0));
        check(type + " back", () -> codec.dequantize(out, 0, back, 0, back.length));
      }
    }

    private static void check(String name, Runnable work) {
      ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long start = System.nanoTime();
      double perValue;
      do {
        long before = threads.getCurrentThreadAllocatedBytes();
        work.run();
        perValue = (double) (threads.getCurrentThreadAllocatedBytes() - before) / (ROWS * COLUMNS);
      } while (perValue > MOST_BYTES_PER_VALUE && System.nanoTime() - start < PATIENCE.toNanos());
      if (perValue > MOST_BYTES_PER_VALUE) {
        IO.println(
            "%s: %.2f bytes per value after %.1f s"
                .formatted(name, perValue, (System.nanoTime() - start) * 1e-9));
      }
    }
  }
}
