package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.testdata.TestData;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The files of `compare` for build servers, as the real command leaves them.
class ReportsIT {
  private static final String MODEL = TestData.shakespeareMistral().toString();
  private static final Path TEXT = TestData.path("models/shakespeare-mistral.reference/text.txt");
  private static final String PASSED =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?><testsuites>passed</testsuites>";

  @TempDir private Path folder;

  /// Even a run that is killed outright has taken away what an older report says.
  @ParameterizedTest
  @CsvSource({"INT, 130", "TERM, 143", "KILL, 137"})
  void anInterruptedRunLeavesNoOldReport(String signal, int code) throws Exception {
    Path xml = Files.writeString(folder.resolve("gates.xml"), PASSED);
    RealCommand command =
        RealCommand.start(
            folder,
            "compare",
            MODEL,
            MODEL,
            "-f",
            TEXT.toString(),
            "--no-early-stop",
            "--gate",
            "kld.mean<1",
            "--threads",
            "1",
            "--junit",
            "gates.xml");
    for (int i = 0; i < 10_000 && Files.readString(xml).equals(PASSED); i++) {
      Thread.sleep(2);
    }
    command.signal(signal);
    assertEquals(code, command.result().exitCode());
    String report = Files.readString(xml);
    assertFalse(report.contains("passed"), report);
    assertTrue(report.contains("the run did not finish"), report);
    assertTrue(report.contains("errors=\"1\""), report);
  }

  @Test
  void stepSummariesAreAddedTo() throws Exception {
    Path summary = Files.writeString(folder.resolve("summary.md"), "# What came before\n\n");
    String line =
        "export GITHUB_STEP_SUMMARY=$PWD/summary.md; "
            + "\"$zonda\" compare \"%s\" \"%s\" -f %s --ctx 64 --chunks 8 --markdown summary.md";
    RealCommand.Result run =
        RealCommand.bash(folder, line.formatted(MODEL, MODEL, TEXT.toString())).result();
    assertEquals(0, run.exitCode(), run.err());
    String first = Files.readString(summary);
    assertTrue(first.startsWith("# What came before\n\n## Comparison with "), first);
    RealCommand.Result failed =
        RealCommand.bash(folder, line.formatted(MODEL, "none.gguf", TEXT)).result();
    assertEquals(3, failed.exitCode(), failed.err());
    String second = Files.readString(summary);
    assertTrue(second.startsWith(first), second);
    assertTrue(second.contains("**The run failed:** none.gguf: no such file"), second);
  }
}
