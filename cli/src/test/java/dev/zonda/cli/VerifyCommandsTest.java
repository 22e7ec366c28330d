package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.Metadata;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.gguf.GgufLayout;
import dev.zonda.formats.output.TensorFile;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `perplexity`, `compare` and `logits`.
class VerifyCommandsTest {
  private static final String MODEL = TestData.shakespeareMistral().toString();
  private static final String TEXT =
      TestData.path("models/shakespeare-mistral.reference/text.txt").toString();
  private static final String SWA = TestData.path("zoo/mistral_swa/hf").toString();
  private static final String GOLDEN =
      TestData.path("zoo/mistral_swa/golden.safetensors").toString();

  @TempDir private Path folder;

  @Test
  void perplexityAsJson() {
    CliRun run =
        CliRun.of("perplexity", MODEL, "-f", TEXT, "--ctx", "64", "--chunks", "3", "--json");
    assertEquals(0, run.exitCode(), run.err());
    JsonNode json = json(run);
    assertEquals("[perplexity, error, tokens, chunks]", json.propertyNames().toString());
    assertEquals(3, json.get("chunks").asInt());
    assertEquals(3 * 31, json.get("tokens").asInt());
    assertTrue(json.get("perplexity").asDouble() > 5 && json.get("perplexity").asDouble() < 60);
    assertTrue(json.get("error").asDouble() > 0);
  }

  /// Batches change nothing, to the bit. Each thread has memory of its own: not as many as there
  /// are cores.
  @Test
  void memoryDoesNotChangeTheResult() {
    String options = "--ctx 64 --chunks 9 --threads 2 --json";
    String[] line = ("perplexity " + MODEL + " -f " + TEXT + " " + options).split(" ");
    CliRun usual = CliRun.of(line);
    String[] more = Arrays.copyOf(line, line.length + 2);
    more[line.length] = "--memory";
    more[line.length + 1] = "4M";
    assertEquals(usual.out(), CliRun.of(more).out());
  }

  @Test
  void perplexityForPeople() {
    CliRun run = CliRun.of("perplexity", MODEL, "-f", TEXT, "--ctx", "64", "--chunks", "2");
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(
        run.out().matches("(?s)perplexity +[0-9.]+ ± [0-9.]+\n.*2 of 64 tokens\n"), run.out());
  }

  /// One token is scored: there is no spread to tell an error from.
  @Test
  void aSingleTokenHasNoError() {
    String[] line = {"perplexity", MODEL, "-f", TEXT, "--ctx", "4", "--chunks", "1", "--json"};
    CliRun json = CliRun.of(line);
    assertEquals(0, json.exitCode(), json.err());
    assertTrue(json(json).get("error").isNull(), json.out());
    CliRun people = CliRun.of(Arrays.copyOf(line, line.length - 1));
    assertTrue(people.out().matches("(?s)perplexity +[0-9.]+\n.*"), people.out());
    CliRun compared =
        CliRun.of("compare", MODEL, MODEL, "-f", TEXT, "--ctx", "4", "--chunks", "1", "--json");
    assertEquals(0, compared.exitCode(), compared.err());
    assertFalse(compared.out().contains("NaN") || compared.out().contains("Infinity"));
    assertTrue(json(compared).at("/candidates/0/kld/error").isNull(), compared.out());
    assertFalse(
        CliRun.of("compare", MODEL, MODEL, "-f", TEXT, "--ctx", "4", "--chunks", "1")
            .out()
            .contains("NaN"));
  }

  @Test
  void textShorterThanTwoContextsIsAUsageError() {
    CliRun run = CliRun.of("perplexity", MODEL, "-f", TEXT, "--ctx", "8192");
    assertEquals(2, run.exitCode());
    assertTrue(
        run.err()
            .contains(
                "has 9762 tokens; --ctx 8192 needs at least 16384: give a longer text or a smaller"
                    + " --ctx"),
        run.err());
  }

  /// Of several models, the message names the one at fault.
  @Test
  void modelWithoutVocabularyIsNamed() throws IOException {
    Path bare = folder.resolve("bare.gguf");
    GgufLayout layout = GgufLayout.plan(Metadata.empty(), List.of());
    try (TensorFile writer = TensorFile.create(bare, layout, OverwritePolicy.FAIL)) {
      writer.commit();
    }
    CliRun run = CliRun.of("perplexity", bare.toString(), "-f", TEXT);
    assertEquals(3, run.exitCode());
    assertTrue(run.err().startsWith("error: " + bare + ": "), run.err());
    assertEquals(1, run.err().lines().count());
  }

  @Test
  void textIsNoFolder() {
    CliRun run = CliRun.of("perplexity", MODEL, "-f", folder.toString());
    assertEquals(3, run.exitCode());
    assertTrue(run.err().endsWith(": is a folder, expected a text file\n"), run.err());
  }

  @Test
  void textMustBeUtf8() throws IOException {
    Path file = folder.resolve("latin1.txt");
    Files.write(file, new byte[] {'a', (byte) 0xe9, 'b'});
    CliRun run = CliRun.of("perplexity", MODEL, "-f", file.toString());
    assertEquals(3, run.exitCode());
    assertEquals("error: " + file + ": is not a UTF-8 text\n", run.err());
  }

  @Test
  void otherVocabulariesAreBadInput() {
    CliRun run = CliRun.of("compare", MODEL, SWA, "-f", TEXT, "--ctx", "64", "--chunks", "2");
    assertEquals(3, run.exitCode());
    assertTrue(run.err().contains("divergence needs the same vocabulary"), run.err());
    assertEquals(1, run.err().lines().count());
  }

  @Test
  void logitsWithinToleranceAndBeyond() {
    CliRun run = CliRun.of("logits", SWA, "--golden", GOLDEN, "--tolerance", "1e-4", "--json");
    assertEquals(0, run.exitCode(), run.err());
    JsonNode json = json(run);
    assertEquals(
        "[max_abs_diff, mean_abs_diff, argmax_agreement, short_positions]",
        json.propertyNames().toString());
    assertEquals(1, json.get("argmax_agreement").asDouble());
    assertFalse(json.get("max_abs_diff").asDouble() > 1e-4);

    CliRun failed = CliRun.of("logits", SWA, "--golden", GOLDEN, "--tolerance", "1e-12");
    assertEquals(1, failed.exitCode());
    assertTrue(failed.err().contains("but --tolerance allows only 1.00e-12"), failed.err());
  }

  /// What a model has stored is what it finds again, to the bit; another model does not.
  @Test
  void storedLogitsAreFoundAgain() {
    String file = folder.resolve("golden.safetensors").toString();
    CliRun stored =
        CliRun.of(
            "logits",
            MODEL,
            "-f",
            TEXT,
            "--ctx",
            "48",
            "--chunks",
            "2",
            "--last",
            "20",
            "-o",
            file,
            "--json");
    assertEquals(0, stored.exitCode(), stored.err());
    assertEquals(20, json(stored).get("positions").asInt());
    CliRun same =
        CliRun.of(
            "logits", MODEL, "--golden", file, "--tolerance", "0", "--long-from", "40", "--json");
    assertEquals(0, same.exitCode(), same.err());
    assertEquals(0, json(same).get("max_abs_diff").asDouble());
    assertEquals(24, json(same).at("/short_positions/positions").asInt());
    assertEquals(16, json(same).at("/long_positions/positions").asInt());

    String quantized = folder.resolve("q.gguf").toString();
    assertEquals(0, CliRun.of("convert", MODEL, "-t", "Q8_0", "-o", quantized).exitCode());
    CliRun other =
        CliRun.of(
            "logits",
            quantized,
            "--golden",
            file,
            "--long-from",
            "40",
            "--tolerance",
            "10",
            "--long-tolerance",
            "1e-6");
    assertEquals(1, other.exitCode());
    assertTrue(
        other
            .err()
            .matches(
                "the largest difference at long positions is [0-9.]+, but"
                    + " --long-tolerance allows only 1\\.00e-06\n"),
        other.err());
    assertTrue(other.out().contains("at short positions"), other.out());
    assertEquals(
        2, CliRun.of("logits", MODEL, "-f", TEXT, "--ctx", "48", "-o", file).exitCode(), "exists");
  }

  @Test
  void optionsOfLogitsThatMeanNothingAreUsageErrors() {
    assertUsage("to compare, or -f TEXT and -o FILE to store", "--golden", GOLDEN, "-f", TEXT);
    assertUsage("to compare, or -f TEXT and -o FILE to store", "-f", TEXT);
    assertUsage("--ctx, --chunks and --last are for storing", "--golden", GOLDEN, "--ctx", "8");
    assertUsage("--ctx, --chunks and --last are for storing", "--golden", GOLDEN, "--last", "8");
    for (String option : List.of("--tolerance", "--long-tolerance", "--long-from")) {
      assertUsage("are for comparing", "-f", TEXT, "-o", "unwritten", option, "1");
    }
    assertUsage("--tolerance is NaN, expected 0 or more", "--golden", GOLDEN, "--tolerance", "NaN");
    assertUsage(
        "--long-tolerance is -1.0, expected 0", "--golden", GOLDEN, "--long-tolerance", "-1");
    assertUsage("must be 1 or more", "--golden", GOLDEN, "--long-from", "0");
    assertUsage("must be 1 or more", "-f", TEXT, "-o", "unwritten", "--last", "0");
  }

  private static void assertUsage(String message, String... options) {
    List<String> line = new ArrayList<>(List.of("logits", SWA));
    line.addAll(List.of(options));
    CliRun run = CliRun.of(line.toArray(String[]::new));
    assertEquals(2, run.exitCode(), run.err());
    assertTrue(run.err().contains(message), run.err());
  }

  private static JsonNode json(CliRun run) {
    return JsonMapper.shared().readTree(run.out());
  }
}
