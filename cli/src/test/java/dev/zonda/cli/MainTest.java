package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class MainTest {
  @Test
  void versionNamesProgramAndJava() {
    CliRun run = CliRun.of("--version");
    assertEquals(0, run.exitCode());
    assertTrue(run.out().startsWith("zonda "), run.out());
    assertTrue(run.out().contains("Java " + Runtime.version()), run.out());
    assertEquals("", run.err());
  }

  @Test
  void helpGoesToStandardOutput() {
    CliRun run = CliRun.of("--help");
    assertEquals(0, run.exitCode());
    assertTrue(run.out().contains("Usage: zonda"), run.out());
    assertTrue(run.out().contains("Exit codes:"), run.out());
    assertEquals("", run.err());
  }

  @Test
  void noCommandIsAUsageError() {
    CliRun run = CliRun.of();
    assertEquals(ExitCode.USAGE.number(), run.exitCode());
    assertTrue(run.err().startsWith("error: the command is missing: name one of these"), run.err());
    assertEquals("", run.out());
  }

  @Test
  void unknownOptionIsAUsageError() {
    CliRun run = CliRun.of("--versoin");
    assertEquals(ExitCode.USAGE.number(), run.exitCode());
    assertTrue(
        run.err().startsWith("error: unknown option '--versoin' (did you mean --version?)"),
        run.err());
    assertEquals("", run.out());
  }
}
