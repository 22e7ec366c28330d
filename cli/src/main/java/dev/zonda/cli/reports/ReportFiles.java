package dev.zonda.cli.reports;

import dev.zonda.cli.options.ReportOptions;
import dev.zonda.formats.AtomicFile;
import dev.zonda.formats.OverwritePolicy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// The files that report a comparison to build servers and people.
///
/// No report of an earlier run may outlive a run that fails: a report of "passed" is replaced
/// before anything else is done, and the failure is reported when it is known.
///
/// @param junit a JUnit report, if it is wanted
/// @param markdown the same as Markdown
public record ReportFiles(Optional<Path> junit, Optional<Path> markdown) {
  /// The variable with the file that GitHub shows as a step's summary: every part of the step may
  /// append to it.
  private static final String STEP_SUMMARY = "GITHUB_STEP_SUMMARY";

  /// More than the start of a report.
  private static final int START_BYTES = 512;

  /// A text and the file that it is for.
  private record Report(Path file, String text) {
    void write() throws IOException {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      if (isStepSummary(file)) {
        Files.write(file, bytes, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      } else {
        AtomicFile.write(file, bytes, OverwritePolicy.REPLACE);
      }
    }

    /// Whether writing it creates no file and destroys nothing of value, whatever file is named.
    boolean isHarmless() throws IOException {
      return isStepSummary(file) || isThere();
    }

    /// Whether there is a file that an earlier run has written, or another program for the same
    /// purpose.
    boolean isThere() throws IOException {
      if (!Files.isRegularFile(file) || isStepSummary(file)) {
        return false;
      }
      try (var in = Files.newInputStream(file)) {
        String start = new String(in.readNBytes(START_BYTES), StandardCharsets.UTF_8);
        return start.contains("<testsuite") || start.startsWith(CompareMarkdown.HEADING);
      }
    }
  }

  private static boolean isStepSummary(Path file) {
    String summary = Optional.ofNullable(System.getenv(STEP_SUMMARY)).orElse("");
    return !summary.isEmpty() && Path.of(summary).toAbsolutePath().equals(file.toAbsolutePath());
  }

  /// The files that will be written.
  public List<Path> paths() {
    return Stream.of(junit, markdown).flatMap(Optional::stream).toList();
  }

  /// Fails where a report could not be written after all the work.
  public void requireCreatable() throws IOException {
    for (Path report : paths()) {
      AtomicFile.requireCreatable(report, OverwritePolicy.REPLACE);
    }
  }

  /// Replaces older reports before the work begins.
  public void begin() throws IOException {
    for (Report report : failures("the run did not finish")) {
      if (report.isThere()) {
        report.write();
      }
    }
  }

  /// Reports what is wrong with the command line, but only in place of older reports: the command
  /// line may name the wrong files.
  public void misunderstood(String message) {
    failures(message).forEach(ReportFiles::writeHarmlessly);
  }

  /// Reports a failure from before it was known which files are read.
  public void failEarly(String message) {
    for (Report report : failures(message)) {
      if (Files.exists(report.file())) {
        writeHarmlessly(report);
      } else {
        writeQuietly(report);
      }
    }
  }

  /// Reports why the run failed. If a report cannot be written, that is not mentioned, but the
  /// failure itself is.
  public void fail(String message) {
    failures(message).forEach(ReportFiles::writeQuietly);
  }

  public void finish(CompareReport result) throws IOException {
    if (junit.isPresent()) {
      new Report(junit.get(), JUnitReport.of(result)).write();
    }
    if (markdown.isPresent()) {
      new Report(markdown.get(), CompareMarkdown.of(result)).write();
    }
  }

  private List<Report> failures(String message) {
    return Stream.concat(
            junit.stream().map(file -> new Report(file, JUnitReport.ofFailure(message))),
            markdown.stream().map(file -> new Report(file, CompareMarkdown.ofFailure(message))))
        .toList();
  }

  /// Replaces older reports where the command line, and so its options, could not be understood.
  ///
  /// @param arguments all of them
  public static void outdate(List<String> arguments, String message) {
    for (int i = 0; i < arguments.size(); i++) {
      for (String option : List.of(ReportOptions.JUNIT, ReportOptions.MARKDOWN)) {
        Optional<String> file = Optional.empty();
        if (arguments.get(i).equals(option) && i + 1 < arguments.size()) {
          file = Optional.of(arguments.get(i + 1));
        } else if (arguments.get(i).startsWith(option + "=")) {
          file = Optional.of(arguments.get(i).substring(option.length() + 1));
        }
        if (file.isPresent() && !file.get().isEmpty()) {
          String text =
              option.equals(ReportOptions.JUNIT)
                  ? JUnitReport.ofFailure(message)
                  : CompareMarkdown.ofFailure(message);
          writeHarmlessly(new Report(Path.of(file.get()), text));
        }
      }
    }
  }

  private static void writeHarmlessly(Report report) {
    try {
      if (report.isHarmless()) {
        report.write();
      }
    } catch (IOException ignored) {
      // The run has failed already, and that is reported.
      return;
    }
  }

  private static void writeQuietly(Report report) {
    try {
      report.write();
    } catch (IOException ignored) {
      // The run has failed already, and that is reported.
      return;
    }
  }
}
