package dev.zonda.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.Models;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.testdata.LlamaShape;
import dev.zonda.testdata.SyntheticModel;
import dev.zonda.verify.evaluation.Chunks;
import dev.zonda.verify.evaluation.Engine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A model that is more than three times as large as the JVM's memory.
@Tag("slow")
class LargeModelTest {
  private static final int MEBIBYTES = 76;
  private static final long MEBIBYTE = 1 << 20;

  @TempDir private Path folder;

  @Test
  void isEvaluatedWithinTheMemory() throws Exception {
    SyntheticModel.write(folder, LlamaShape.M134, SyntheticModel.Weights.SPARSE);
    long size = Files.size(folder.resolve("model.safetensors"));
    assertTrue(size > 3 * MEBIBYTES * MEBIBYTE, "the model has " + size + " bytes");

    ProcessBuilder builder = new ProcessBuilder();
    builder.command().add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    builder.command().addAll(List.of("--add-modules", "jdk.incubator.vector"));
    builder.command().add("-Xmx" + MEBIBYTES + "m");
    builder.command().addAll(List.of("-cp", System.getProperty("java.class.path")));
    builder.command().addAll(List.of(Measure.class.getName(), folder.toString()));
    Path log = folder.resolve("log");
    Process process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
    assertTrue(process.waitFor(300, TimeUnit.SECONDS));
    String output = Files.readString(log, StandardCharsets.UTF_8);
    assertEquals(0, process.exitValue(), output);
    // A network of zeros finds all tokens equally probable.
    assertTrue(output.contains("perplexity " + LlamaShape.M134.vocabulary() + "\n"), output);
  }

  /// Prints the rounded perplexity of a folder's model on numbers as tokens.
  static final class Measure {
    private Measure() {}

    public static void main(String[] args) throws IOException {
      int[] tokens = new int[2048];
      for (int i = 0; i < tokens.length; i++) {
        tokens[i] = 300 + i;
      }
      try (GgufModel model = Models.open(Path.of(args[0]));
          Engine engine = Engine.of(2)) {
        Chunks chunks = Chunks.of(tokens, 256, OptionalInt.empty(), OptionalInt.empty());
        Perplexity found = Measurements.perplexity(model, chunks, engine);
        IO.println("perplexity " + Math.round(found.perplexity()));
      }
    }
  }
}
