package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `convert` and `quantize` are one operation on two kinds of input: each takes the other's, too.
class TwoInputsTest {
  private static final Path MODEL = TestData.shakespeareMistral();

  @TempDir private Path folder;

  private Path made(String command, Path input, String name, String... more) {
    Path output = folder.resolve(name);
    List<String> line =
        new ArrayList<>(List.of(command, input.toString(), "-o", output.toString()));
    line.addAll(List.of(more));
    CliRun run = CliRun.of(line.toArray(String[]::new));
    assertEquals(0, run.exitCode(), run.err());
    assertEquals("", run.err());
    return output;
  }

  @ParameterizedTest
  @ValueSource(strings = {"Q4_K_M", "Q8_0", "BF16", "F16"})
  void bothMakeTheSameOfAFolder(String type) throws IOException {
    assertEquals(
        -1,
        Files.mismatch(
            made("convert", MODEL, "converted.gguf", "-t", type),
            made("quantize", MODEL, "quantized.gguf", "-t", type)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Q4_K_M", "F32", "COPY"})
  void bothMakeTheSameOfAFile(String type) throws IOException {
    Path source = made("convert", MODEL, "source.gguf");
    assertEquals(
        -1,
        Files.mismatch(
            made("convert", source, "converted.gguf", "-t", type),
            made("quantize", source, "quantized.gguf", "-t", type)));
  }

  @Test
  void bothSplit() throws IOException {
    Path source = made("convert", MODEL, "source.gguf");
    for (String command : List.of("convert", "quantize")) {
      CliRun run =
          CliRun.of(
              command,
              source.toString(),
              "-t",
              "Q8_0",
              "-o",
              folder.resolve(command + ".gguf").toString(),
              "--split-max-tensors",
              "20");
      assertEquals(0, run.exitCode(), run.err());
    }
    for (String part : List.of("-00001-of-00002.gguf", "-00002-of-00002.gguf")) {
      assertEquals(
          -1, Files.mismatch(folder.resolve("convert" + part), folder.resolve("quantize" + part)));
    }
  }

  @Test
  void whatIsNeitherIsSaid() throws IOException {
    Path weights = MODEL.resolve("model.safetensors");
    Path text = Files.writeString(folder.resolve("text.gguf"), "no model");
    for (String command : List.of("convert", "quantize")) {
      CliRun single = CliRun.of(command, weights.toString(), "-t", "Q8_0");
      assertEquals(3, single.exitCode());
      assertEquals(
          "error: %s: holds only weights: give the folder that it lies in\n".formatted(weights),
          single.err());
      CliRun other = CliRun.of(command, text.toString(), "-t", "Q8_0");
      assertEquals(3, other.exitCode());
      assertTrue(
          other
              .err()
              .endsWith(": is neither a GGUF file nor a checkpoint folder nor an archive of one\n"),
          other.err());
    }
    assertEquals(3, CliRun.of("perplexity", text.toString(), "-f", text.toString()).exitCode());
  }
}
