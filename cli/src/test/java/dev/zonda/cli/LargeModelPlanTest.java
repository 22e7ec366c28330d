package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.testdata.DeepSeekR1;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `--dry-run` on a model of 671 billion parameters: planning needs the header only. The figures
/// are those that llama-quantize's dry run prints for the same file.
class LargeModelPlanTest {
  private static final long SECOND = 1_000_000_000L;

  @TempDir private static Path folder;

  private static Path model;

  @BeforeAll
  static void write() throws IOException {
    model = folder.resolve("r1.gguf");
    DeepSeekR1.write(model);
  }

  private static CliRun plan(String... more) {
    String[] arguments = {"quantize", model.toString(), "-t", "Q4_K_M", "--dry-run"};
    String[] all = Arrays.copyOf(arguments, arguments.length + more.length);
    System.arraycopy(more, 0, all, arguments.length, more.length);
    CliRun run = CliRun.of(all);
    assertEquals(0, run.exitCode(), run.err());
    return run;
  }

  @Test
  void thePlanIsTheReferences() throws IOException {
    JsonNode json = JsonMapper.shared().readTree(plan("--json").out());
    Map<String, Integer> types = new TreeMap<>();
    long bytes = 0;
    long parameters = 0;
    for (JsonNode tensor : json.get("tensors").values()) {
      types.merge(tensor.get("type").asString(), 1, Integer::sum);
      bytes += tensor.get("bytes").asLong();
      parameters +=
          tensor.get("shape").valueStream().mapToLong(JsonNode::asLong).reduce(1, (a, b) -> a * b);
    }
    assertEquals(Map.of("F32", 361, "Q4_K", 606, "Q5_0", 61, "Q6_K", 58), types);
    assertEquals(385_750.625, bytes / 0x1p20);
    assertEquals("4.82", "%.2f".formatted(json.get("bits_per_weight").asDouble()));
    assertEquals(61, json.get("fallbacks").asInt());
    assertEquals(DeepSeekR1.PARAMETERS, parameters);
    try (var files = Files.list(folder)) {
      assertEquals(1, files.count());
    }
  }

  @Test
  void theTotalStandsBelowTheTable() {
    CliRun run = plan("-o", folder.resolve("out.gguf").toString());
    assertTrue(run.out().contains("4.82 bits per weight (before: 1.22 TiB, 16.00)"), run.out());
    assertTrue(run.err().contains("61 of 1086 tensors get another type"), run.err());
  }

  /// CPU time of this thread, for other tests run beside it; the best of three, for the first run
  /// loads classes.
  @Test
  void itTakesLessThanASecond() {
    ThreadMXBean thread = ManagementFactory.getThreadMXBean();
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 3 && least > SECOND; i++) {
      long start = thread.getCurrentThreadCpuTime();
      plan();
      least = Math.min(least, thread.getCurrentThreadCpuTime() - start);
    }
    assertTrue(least <= SECOND, least / 1_000_000 + " ms");
  }
}
