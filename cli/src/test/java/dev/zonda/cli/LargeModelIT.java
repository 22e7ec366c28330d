package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.testdata.LlamaShape;
import dev.zonda.testdata.SyntheticModel;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The launcher on more than 20 GB of weights: memory stays what it is for a small model. Needs 6
/// GB of disk.
@Tag("slow")
class LargeModelIT {
  private static final Path HOME = TestData.path("models").getParent().getParent();
  private static final long MEBIBYTE = 1 << 20;

  @TempDir private Path folder;

  @Test
  void aModelOf20GigabytesTakesAHeapOf256Mebibytes() throws Exception {
    Path model = folder.resolve("model");
    SyntheticModel.write(model, LlamaShape.B11, SyntheticModel.Weights.SPARSE);
    assertTrue(Files.size(model.resolve("model.safetensors")) > 20_000_000_000L);
    Path out = folder.resolve("out.gguf");
    Path log = folder.resolve("log");
    ProcessBuilder builder =
        new ProcessBuilder(
            HOME.resolve("zonda").toString(),
            "convert",
            model.toString(),
            "-t",
            "Q4_0",
            "-o",
            out.toString());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("ZONDA_JAVA_OPTS", "-Xmx256m");
    Process process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
    long peak = 0;
    while (!process.waitFor(200, TimeUnit.MILLISECONDS)) {
      // The launcher becomes the JVM, so that it is the same process.
      peak = Math.max(peak, anonymousBytes(process.pid()).orElse(0L));
    }
    assertEquals(0, process.exitValue(), () -> text(log));
    assertTrue(peak < 512 * MEBIBYTE, "the peak was " + peak / MEBIBYTE + " MiB");
    try (GgufFile file = GgufFile.open(out)) {
      assertEquals(3 + 9 * LlamaShape.B11.layers(), file.tensors().size());
      assertZero(file, "token_embd.weight", TensorType.Q4_0);
      assertZero(file, "blk.47.attn_q.weight", TensorType.Q4_0);
      assertZero(file, "output_norm.weight", TensorType.F32);
    }
  }

  /// Linux alone says what a process takes besides mapped files.
  private static Optional<Long> anonymousBytes(long pid) {
    try {
      return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
          .filter(line -> line.startsWith("RssAnon:"))
          .map(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /// The last row, which is made of zeros: each block is a scale of -0 and levels in the middle, or
  /// nothing but zeros in a type of plain values.
  private static void assertZero(GgufFile file, String name, TensorType type) {
    TensorInfo tensor = file.find(name).orElseThrow();
    assertEquals(type, tensor.type());
    byte[] expected = new byte[Math.toIntExact(tensor.rowBytes())];
    if (type == TensorType.Q4_0) {
      for (int i = 0; i < expected.length; i++) {
        expected[i] = (byte) (i % type.blockBytes() < 2 ? i % type.blockBytes() * 0x80 : 0x88);
      }
    }
    assertArrayEquals(
        expected,
        file.data(tensor).asSlice(tensor.bytes() - expected.length).toArray(ValueLayout.JAVA_BYTE));
  }

  private static String text(Path log) {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
