package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.families.Families;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class FamiliesCommandTest {
  @Test
  void listsEveryFamilyWithModelsThatPeopleKnow() {
    CliRun run = CliRun.of("families");
    assertEquals(0, run.exitCode());
    assertEquals(1 + Families.all().size(), run.out().lines().count());
    assertTrue(run.out().contains("Mixtral 8x7B"), run.out());
    assertTrue(run.out().lines().anyMatch(line -> line.matches("DeepSeek +deepseek2 .*R1.*")));
  }

  @Test
  void jsonHasTheClassesOfConfigJson() {
    CliRun run = CliRun.of("families", "--json");
    assertEquals(0, run.exitCode());
    JsonNode families = JsonMapper.shared().readTree(run.out()).path("families");
    assertEquals(Families.all().size(), families.size());
    JsonNode falcon =
        families
            .valueStream()
            .filter(family -> family.path("name").stringValue().equals("Falcon"))
            .findFirst()
            .orElseThrow();
    assertEquals("falcon", falcon.path("architecture").stringValue());
    assertEquals("FalconForCausalLM", falcon.path("classes").get(0).stringValue());
    assertTrue(falcon.path("models").size() >= 3);
  }
}
