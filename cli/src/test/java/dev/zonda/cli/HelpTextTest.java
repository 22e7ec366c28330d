package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

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
    assertEquals(
        "error: unknown command 'inspct' (did you mean inspect?)",
        run.err().lines().findFirst().orElseThrow());
    assertEquals(1, run.err().lines().filter(line -> line.equals("Commands:")).count(), run.err());
    assertEquals(
        "error: unknown command 'frobnicate'",
        CliRun.of("frobnicate").err().lines().findFirst().orElseThrow());
  }

  @Test
  void mistypedOptionsGetASuggestion() {
    CliRun run = CliRun.of("inspect", "x.gguf", "--tenors");
    assertEquals(2, run.exitCode());
    assertEquals(
        """
        error: unknown option '--tenors' (did you mean --tensors?)
        Help: zonda inspect --help
        """,
        run.err());
    assertTrue(
        CliRun.of("convert", "m", "--split-maxsize=3").err().contains("mean --split-max-size?"));
    assertTrue(CliRun.of("convert", "m", "-x").err().startsWith("error: unknown option '-x'\n"));
  }

  @ParameterizedTest
  @MethodSource("commandNames")
  void helpFitsTheTerminal(String name) {
    for (int columns : new int[] {60, 80, 100}) {
      CliRun.onTerminal(columns, name, "--help")
          .out()
          .lines()
          .forEach(line -> assertTrue(line.length() <= columns, line));
    }
    assertNotEquals(
        CliRun.onTerminal(60, name, "--help").out(), CliRun.onTerminal(100, name, "--help").out());
    assertEquals(
        CliRun.onTerminal(100, name, "--help").out(), CliRun.onTerminal(300, name, "--help").out());
  }

  @ParameterizedTest
  @ValueSource(ints = {60, 80, 100})
  void mainHelpFitsTheTerminal(int columns) {
    String help = CliRun.onTerminal(columns, "--help").out();
    help.lines().forEach(line -> assertTrue(line.length() <= columns, line));
    assertEquals(1, help.lines().filter(line -> line.equals("Commands:")).count(), help);
    assertEquals(help, CliRun.onTerminal(columns, "help").out());
  }

  /// A line that was broken cannot be copied.
  @ParameterizedTest
  @MethodSource("commandNames")
  void examplesAreNotBroken(String name) {
    List<String> wide = examples(CliRun.onTerminal(100, name, "--help").out());
    assertFalse(wide.isEmpty(), "no line 'Examples:' in the help of " + name);
    assertEquals(
        wide,
        examples(CliRun.onTerminal(60, name, "--help").out()),
        "examples of " + name + " fit a terminal of 60 columns");
  }

  private static List<String> examples(String help) {
    return help.lines().dropWhile(line -> !line.equals("Examples:")).toList();
  }
}
