package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.inspect.FileHash;
import dev.zonda.quantize.ProgressListener;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class DemoCommandTest {
  @TempDir private Path folder;

  @Test
  void makesTheReferencesFileAndMeasuresIt() throws IOException {
    CliRun run = CliRun.of("demo", "--json", "--output", folder.toString());
    assertEquals(0, run.exitCode(), run.err());
    JsonNode reference =
        JsonMapper.shared()
            .readTree(
                Files.readString(
                    TestData.path("models/shakespeare-mistral.reference/reference.json")));
    JsonNode json = JsonMapper.shared().readTree(run.out());
    Path output = Path.of(json.path("output").stringValue());
    assertEquals(
        reference.path("quantize").path("Q4_K_M").path("sha256").stringValue(),
        FileHash.sha256(output, ProgressListener.NONE));
    assertEquals("Q4_K_M", json.path("inspect").path("file_type").stringValue());

    JsonNode exact = reference.path("accuracy_exact").path("Q4_K_M");
    JsonNode found = json.path("compare").path("candidates").path(0);
    double perplexity = exact.path("ppl").path(0).doubleValue();
    assertEquals(
        perplexity, found.path("ppl").path("candidate").doubleValue(), 0.0005 * perplexity);
    double kld = exact.path("kld").path(0).doubleValue();
    assertEquals(kld, found.path("kld").path("mean").doubleValue(), 0.01 * kld + 3e-6);
  }

  @Test
  void reportIsForNewcomers() {
    CliRun run = CliRun.of("demo", "--output", folder.resolve("new folder").toString());
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(run.out().startsWith("$ zonda inspect "), run.out());
    assertTrue(run.out().contains("\n$ zonda convert "), run.out());
    assertTrue(run.out().contains("\n$ zonda compare "), run.out());
    assertTrue(run.out().contains("\nbits per weight"), run.out());
    assertTrue(run.out().contains("Verdict: 32 % of the size, "), run.out());
    assertTrue(run.out().contains("practically the same model."), run.out());
    run.out()
        .lines()
        .filter(line -> !line.contains(folder.toString()))
        .forEach(line -> {
          assertTrue(line.length() <= 100, line);
        });
  }

  @Test
  void failuresOfItsStepsAreItsOwn() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "no folder");
    CliRun run = CliRun.of("demo", "--output", file.toString());
    assertEquals(2, run.exitCode());
    assertEquals(1, run.err().lines().count(), run.err());
  }
}
