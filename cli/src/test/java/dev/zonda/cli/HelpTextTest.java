package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class HelpTextTest {
  static List<String> commandNames() {
    return Commands.names();
  }

  @Test
  void mainHelpListsEveryCommand() {
    String help = CliRun.of("--help").out();
    for (String name : commandNames()) {
      assertTrue(help.lines().anyMatch(line -> line.matches(".* " + name + " .*")), name);
    }
  }

  @ParameterizedTest
  @MethodSource("commandNames")
  void commandHelpIsPleasant(String name) {
    CliRun run = CliRun.of(name, "--help");
    assertEquals(0, run.exitCode());
    assertTrue(run.out().startsWith("Usage: zonda " + name + " "), run.out());
    assertTrue(run.out().indexOf("  zonda " + name) > 0, "no example in the footer: " + run.out());
    assertTrue(run.out().contains("Exit codes:"), run.out());
    assertTrue(run.out().contains("--json"), run.out());
    assertFalse(run.out().contains("%n"), run.out());
    assertFalse(run.out().contains("Commands:"), run.out());
    run.out().lines().forEach(line -> assertTrue(line.length() <= 80, line));
  }

  @Test
  void mistypedCommandsGetASuggestion() {
    CliRun run = CliRun.of("inspct");
    assertEquals(2, run.exitCode());
    assertTrue(run.err().startsWith("error: unknown command 'inspct'"), run.err());
    assertTrue(run.err().contains("Did you mean"), run.err());
    assertTrue(run.err().contains("inspect"), run.err());
  }
}
