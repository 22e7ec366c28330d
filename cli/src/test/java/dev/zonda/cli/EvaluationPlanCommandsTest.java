package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.testdata.TestData;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `--dry-run` and `--memory` of the commands that evaluate: all plan, and refuse too little memory
/// in the same words.
class EvaluationPlanCommandsTest {
  private static final String MODEL = TestData.shakespeareMistral().toString();
  private static final String TEXT =
      TestData.path("models/shakespeare-mistral.reference/text.txt").toString();

  /// Bytes of floats of a panel of 192 rows, which every thread needs.
  private static final long PANEL = 192 * 256 * 4;

  @TempDir private Path folder;

  private CliRun run(String command, String... more) {
    List<String> line = new ArrayList<>(List.of(command, MODEL));
    if (command.equals("compare")) {
      line.add(MODEL);
    }
    line.addAll(List.of("-f", TEXT, "--ctx", "64", "--threads", "2"));
    line.addAll(List.of(more));
    return CliRun.of(line.toArray(String[]::new));
  }

  private static JsonNode json(CliRun run) {
    assertEquals(0, run.exitCode(), run.err());
    return JsonMapper.shared().readTree(run.out());
  }

  private static long sum(JsonNode plan, String... names) {
    long sum = 0;
    for (String name : names) {
      sum += plan.get(name).asLong();
    }
    return sum;
  }

  @ParameterizedTest
  @ValueSource(strings = {"perplexity", "compare", "logits", "imatrix"})
  void thePlanStaysWithinTheMemory(String command) {
    JsonNode usual = json(run(command, "--dry-run", "--json"));
    assertEquals(
        "[sequences_per_batch, batches, logit_strips, activation_bytes, logit_bytes, scratch_bytes,"
            + " held_bytes, least_bytes]",
        usual.propertyNames().toString());
    assertTrue(usual.get("scratch_bytes").asLong() > 2 * PANEL);
    JsonNode small = json(run(command, "--dry-run", "--json", "--memory", "12M"));
    long all = sum(small, "activation_bytes", "logit_bytes", "scratch_bytes", "held_bytes");
    assertTrue(all <= 12_000_000, small::toString);
    assertTrue(small.get("least_bytes").asLong() <= all, small::toString);
    assertTrue(small.get("batches").asInt() > usual.get("batches").asInt(), small::toString);
  }

  @ParameterizedTest
  @ValueSource(strings = {"perplexity", "compare", "logits", "imatrix"})
  void thePlanIsForPeopleToo(String command) {
    CliRun run = run(command, "--dry-run");
    assertEquals(0, run.exitCode(), run.err());
    assertEquals(
        List.of(
            "chunks",
            "batches",
            "activations",
            "logits",
            "scratch",
            "held throughout",
            "smallest batch"),
        run.out().lines().map(line -> line.replaceFirst("  .*", "")).toList());
    assertTrue(run.out().startsWith("chunks           152 of 64 tokens"), run.out());
  }

  /// Said with the size that does, before matrices that are to be added are looked for.
  @ParameterizedTest
  @ValueSource(strings = {"perplexity", "compare", "logits", "imatrix"})
  void tooLittleMemoryIsAUsageError(String command) {
    String[] more = {"--memory", "1M", "-o", folder.resolve("out").toString(), "--in-file", "none"};
    CliRun refused =
        switch (command) {
          case "imatrix" -> run(command, more);
          case "logits" -> run(command, more[0], more[1], more[2], more[3]);
          default -> run(command, more[0], more[1]);
        };
    assertEquals(2, refused.exitCode());
    assertTrue(
        refused
            .err()
            .matches("(?s)error: one chunk needs \\d+ bytes of memory: give --memory \\d+M, .*"),
        refused.err());
    String enough = refused.err().replaceAll("(?s).*--memory (\\d+)M.*", "$1");
    JsonNode plan = json(run(command, "--dry-run", "--json", "--memory", enough + "M"));
    long unused = Long.parseLong(enough) * 1_000_000 - plan.get("least_bytes").asLong();
    assertTrue(unused >= 0 && unused < 1_000_000, plan::toString);
    assertFalse(Files.exists(folder.resolve("out")));
  }

  /// Gates are looked at on the way, and no batch goes beyond a look: 8, 16, 32, 64 chunks.
  @Test
  void gatesCutBatches() {
    String[] line = {"--dry-run", "--json", "--chunks", "64", "--memory", "1G"};
    assertEquals(1, json(run("compare", line)).get("batches").asInt());
    String[] gated = {
      "--dry-run", "--json", "--chunks", "64", "--memory", "1G", "--gate", "kld.mean<1"
    };
    assertEquals(4, json(run("compare", gated)).get("batches").asInt());
  }

  /// Stored logits have their text with them.
  @Test
  void storedLogitsArePlanned() {
    String golden = folder.resolve("golden.safetensors").toString();
    assertEquals(0, run("logits", "--chunks", "3", "-o", golden).exitCode());
    JsonNode plan =
        json(
            CliRun.of(
                "logits", MODEL, "--golden", golden, "--threads", "2", "--dry-run", "--json"));
    assertEquals(
        json(run("logits", "--chunks", "3", "--dry-run", "--json")).get("activation_bytes"),
        plan.get("activation_bytes"));
    String stored = folder.resolve("stored").toString();
    assertEquals(0, run("perplexity", "--chunks", "3", "--save-logits", stored).exitCode());
    CliRun compare = CliRun.of("compare", stored, MODEL, "--dry-run");
    assertTrue(compare.out().startsWith("chunks           3 of 64 tokens\n"), compare.out());
  }

  @Test
  void aDryRunNeedsAnEvaluation() {
    CliRun run = CliRun.of("imatrix", "--in-file", "a.gguf", "-o", "b.gguf", "--dry-run");
    assertEquals(2, run.exitCode());
    assertTrue(run.err().contains("give MODEL and -f TEXT"), run.err());
  }
}
