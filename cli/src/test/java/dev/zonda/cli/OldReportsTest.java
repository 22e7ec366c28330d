package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// No report of an earlier run may say "passed" after a run that failed.
class OldReportsTest {
  private static final String MODEL = TestData.shakespeareMistral().toString();
  private static final String TEXT =
      TestData.path("models/shakespeare-mistral.reference/text.txt").toString();

  @TempDir private static Path models;
  @TempDir private Path folder;

  private static String candidate;
  private static String passedXml;
  private static String passedMarkdown;

  private Path xml;
  private Path markdown;

  @BeforeAll
  static void passOnce() throws IOException {
    candidate = models.resolve("q.gguf").toString();
    assertEquals(0, CliRun.of("convert", MODEL, "-t", "Q8_0", "-o", candidate).exitCode());
    Path xml = models.resolve("gates.xml");
    Path markdown = models.resolve("result.md");
    CliRun run =
        CliRun.of(
            line(MODEL, candidate, "-f", TEXT, "--junit", xml + "", "--markdown", markdown + ""));
    assertEquals(0, run.exitCode(), run.err());
    passedXml = Files.readString(xml);
    passedMarkdown = Files.readString(markdown);
    assertTrue(passedXml.contains("errors=\"0\""), passedXml);
    assertTrue(passedMarkdown.contains("passed"), passedMarkdown);
  }

  private static String[] line(String... more) {
    List<String> line =
        new ArrayList<>(
            List.of("compare", "--ctx", "64", "--chunks", "8", "--gate", "kld.mean<0.1"));
    line.addAll(List.of(more));
    return line.toArray(String[]::new);
  }

  @BeforeEach
  void leaveOldReports() throws IOException {
    xml = Files.writeString(folder.resolve("gates.xml"), passedXml);
    markdown = Files.writeString(folder.resolve("result.md"), passedMarkdown);
  }

  private void assertFailed(String why) throws IOException {
    String report = Files.readString(xml);
    assertTrue(report.contains("errors=\"1\""), report);
    assertTrue(report.contains(why), report);
    assertFalse(report.contains("internal error"), report);
    String text = Files.readString(markdown);
    assertFalse(text.contains("passed"), text);
    assertTrue(text.contains("**The run failed:** "), text);
    assertTrue(text.replace("\\", "").contains(why), text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "MODEL MODEL -f missing.txt --gate kld.mean&lt;1 | 3 | missing.txt: no such file",
        "MODEL missing.gguf -f TEXT | 3 | missing.gguf: no such file",
        "missing.gguf MODEL -f TEXT | 3 | missing.gguf: no such file",
        "MODEL MODEL -f TEXT --memory 1000 | 2 | one chunk needs",
        "MODEL MODEL | 2 | the text is missing",
        "MODEL MODEL -f TEXT --baseline missing.json --gate kld.mean<+1% | 3 | missing.json",
        "MODEL MODEL -f TEXT --gate kld.maen<1 | 2 | 'kld.maen' is not a metric",
        "MODEL MODEL -f TEXT --no-such-option | 2 | unknown option '--no-such-option'",
        "MODEL -f TEXT | 2 | missing required parameter",
        "MODEL MODEL -f TEXT --confidence 2 | 2 | --confidence is 2.0",
      })
  void aRunThatFailsReplacesThem(String given, int code, String why) throws IOException {
    List<String> words = new ArrayList<>();
    for (String word : given.replace("&lt;", "<").split(" ", -1)) {
      words.add(
          switch (word) {
            case "MODEL" -> MODEL;
            case "TEXT" -> TEXT;
            default -> word;
          });
    }
    words.addAll(List.of("--junit", xml.toString(), "--markdown=" + markdown));
    CliRun run = CliRun.of(line(words.toArray(String[]::new)));
    assertEquals(code, run.exitCode(), run.err());
    assertTrue(run.err().contains(why), run.err());
    assertFailed(why);
  }

  /// What is no report is not touched where the command line shows that something is wrong.
  @Test
  void inputsAreNotTakenForReports() throws IOException {
    Path text = Files.copy(Path.of(TEXT), folder.resolve("text.txt"));
    for (String option : List.of("--junit", "--markdown")) {
      for (String wrong : List.of("--no-such-option", "--chunks=x", "--quiet")) {
        CliRun run =
            CliRun.of(line(MODEL, candidate, "-f", text + "", option, text.toString(), wrong));
        assertEquals(2, run.exitCode(), run.err());
        assertEquals(-1, Files.mismatch(text, Path.of(TEXT)));
      }
    }
  }

  @Test
  void aDryRunLeavesThem() throws IOException {
    CliRun run =
        CliRun.of(
            line(MODEL, candidate, "-f", TEXT, "--junit", xml.toString(), "--dry-run", "--quiet"));
    assertEquals(0, run.exitCode(), run.err());
    assertEquals(passedXml, Files.readString(xml));
  }

  @Test
  void whatFailsWithoutAnOldReportIsReported() throws IOException {
    Files.delete(xml);
    Files.delete(markdown);
    CliRun run =
        CliRun.of(
            line(
                MODEL,
                candidate,
                "-f",
                "missing.txt",
                "--junit",
                xml.toString(),
                "--markdown",
                markdown.toString()));
    assertEquals(3, run.exitCode(), run.err());
    assertFailed("missing.txt");
  }
}
