package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.testdata.TestData;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The launcher's process keeps to the memory that is planned, or refuses.
class EvaluationPlanIT {
  private static final String MODEL = TestData.shakespeareMistral().toString();
  private static final String TEXT =
      TestData.path("models/shakespeare-mistral.reference/text.txt").toString();

  @TempDir private Path folder;

  private RealCommand.Result run(String command, String... more) throws Exception {
    List<String> line = new ArrayList<>(List.of(command, MODEL));
    if (command.equals("compare")) {
      line.add(MODEL);
    }
    line.addAll(List.of("-f", TEXT, "--ctx", "128", "--dry-run"));
    line.addAll(List.of(more));
    return RealCommand.run(folder, line.toArray(String[]::new));
  }

  @ParameterizedTest
  @ValueSource(strings = {"perplexity", "compare", "logits", "imatrix"})
  void plansOrRefuses(String command) throws Exception {
    RealCommand.Result planned = run(command, "--json", "--memory", "64M");
    assertEquals(0, planned.exitCode(), planned.err());
    assertEquals("", planned.err());
    JsonNode plan = JsonMapper.shared().readTree(planned.out());
    long least = plan.get("least_bytes").asLong();
    assertTrue(least > 1_000_000 && least < 64_000_000, plan::toString);

    RealCommand.Result refused = run(command, "--memory", "1M");
    assertEquals(2, refused.exitCode());
    assertEquals("", refused.out());
    assertTrue(
        refused
            .err()
            .startsWith("error: one chunk needs " + least + " bytes of memory: give --memory "),
        refused.err());
    assertEquals(List.of(), RealCommand.names(folder));
  }
}
