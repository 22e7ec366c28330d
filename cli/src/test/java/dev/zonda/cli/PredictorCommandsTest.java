package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.testdata.SeededCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Commands on models with a layer that predicts a further token.
class PredictorCommandsTest {
  private static final String COUNT = "glm4moe.nextn_predict_layers";

  @TempDir private Path temp;
  private Path folder;
  private Path text;

  @BeforeEach
  void makeFolder() throws IOException {
    folder = temp.resolve("glm4_moe");
    SeededCheckpoint.writeNetwork("glm4_moe", folder);
    text = temp.resolve("text");
    Files.writeString(text, "We know that all of these words are of no use. ".repeat(20));
  }

  private Path converted(String name, String... options) {
    Path file = temp.resolve(name);
    String[] line = new String[4 + options.length];
    line[0] = "convert";
    line[1] = folder.toString();
    line[2] = "-o";
    line[3] = file.toString();
    System.arraycopy(options, 0, line, 4, options.length);
    CliRun run = CliRun.of(line);
    assertEquals(0, run.exitCode(), run.err());
    return file;
  }

  private String perplexity(Path model) {
    CliRun run =
        CliRun.of("perplexity", model.toString(), "-f", text.toString(), "--ctx", "32", "--json");
    assertEquals(0, run.exitCode(), run.err());
    return run.out().replaceAll("(?s).*\"perplexity\" *: *([0-9.e+]+).*", "$1");
  }

  @Test
  void theyTakeNoPartInEvaluations() {
    String whole = perplexity(converted("whole.gguf"));
    assertTrue(whole.matches("[0-9.e+]+"), whole);
    assertEquals(whole, perplexity(converted("without.gguf", "--no-mtp")));
    assertEquals(whole, perplexity(folder));
  }

  @Test
  void aFileOfThemAloneIsNotEvaluated() {
    Path alone = converted("alone.gguf", "--mtp");
    CliRun run = CliRun.of("perplexity", alone.toString(), "-f", text.toString(), "--ctx", "32");
    assertEquals(3, run.exitCode());
    assertTrue(run.err().contains("holds only the layers that predict further tokens"), run.err());
  }

  @Test
  void aFileOfThemAloneHasANameOfItsOwn() {
    for (String option : new String[] {"--mtp", "--no-mtp"}) {
      CliRun run = CliRun.of("convert", folder.toString(), option, "--dry-run");
      assertEquals(0, run.exitCode(), run.err());
      String name = option.equals("--mtp") ? "mtp-glm4_moe-BF16.gguf" : " glm4_moe-BF16.gguf";
      assertTrue(run.out().contains(name), run.out());
      assertEquals(option.equals("--mtp"), run.out().contains("nextn.eh_proj"), run.out());
      assertEquals(option.equals("--mtp"), !run.out().contains("blk.0."), run.out());
    }
  }

  @Test
  void aRecipeKeepsTheChoice() throws IOException {
    for (String option : new String[] {"--mtp", "--no-mtp"}) {
      Path recipe = temp.resolve("recipe" + option);
      Path first = converted("first" + option, option, "--save-recipe", recipe.toString());
      Path second = converted("second" + option, "--recipe", recipe.toString());
      assertEquals(-1, Files.mismatch(first, second));
    }
    assertFalse(Files.mismatch(temp.resolve("first--mtp"), temp.resolve("first--no-mtp")) == -1);
  }

  @Test
  void quantizingKeepsThem() throws IOException {
    Path source = converted("source.gguf");
    Path output = temp.resolve("output.gguf");
    CliRun run = CliRun.of("quantize", source.toString(), "-t", "Q8_0", "-o", output.toString());
    assertEquals(0, run.exitCode(), run.err());
    try (GgufFile file = GgufFile.open(output)) {
      assertEquals(OptionalLong.of(1), file.metadata().integer(COUNT));
      assertTrue(file.find("blk.3.nextn.eh_proj.weight").isPresent());
    }
    assertTrue(perplexity(output).matches("[0-9.e+]+"));
  }

  @Test
  void pruningThemAsksForTheirCount() {
    Path source = converted("source.gguf");
    Path output = temp.resolve("pruned.gguf");
    String[] line = {
      "quantize", source.toString(), "-t", "COPY", "--prune-layers", "3", "-o", output.toString()
    };
    CliRun run = CliRun.of(line);
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(run.err().contains("add --override-kv " + COUNT + "=int:0"), run.err());
    CliRun set =
        CliRun.of(
            "quantize",
            source.toString(),
            "-t",
            "COPY",
            "--prune-layers",
            "3",
            "--override-kv",
            COUNT + "=int:0",
            "--force",
            "-o",
            output.toString());
    assertEquals(0, set.exitCode(), set.err());
    assertEquals("", set.err());
    assertEquals(perplexity(source), perplexity(output));
  }

  @Test
  void inspectTellsThemFromTheNetwork() {
    for (Path model : new Path[] {folder, converted("whole.gguf")}) {
      CliRun run = CliRun.of("inspect", model.toString());
      assertTrue(run.out().contains("3 layers, 1 predictor of further tokens"), run.out());
      CliRun json = CliRun.of("inspect", model.toString(), "--json");
      assertTrue(
          json.out().replaceAll("\\s", "").contains("\"layers\":3,\"predictors\":1"), json.out());
    }
  }
}
