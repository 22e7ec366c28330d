package dev.zonda.cli.options;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/// Files that report a comparison to build servers and people. Mix it in with `@Mixin`.
public final class ReportOptions {
  public static final String JUNIT = "--junit";
  public static final String MARKDOWN = "--markdown";

  @Option(
      names = JUNIT,
      paramLabel = "FILE",
      order = 15,
      description =
          "Write the verdicts on the gates as a JUnit report (XML); an older one is replaced.")
  private Optional<OutputFile> junit = Optional.empty();

  @Option(
      names = MARKDOWN,
      paramLabel = "FILE",
      order = 16,
      description =
          "Write the result as Markdown; an older file is replaced, but $GITHUB_STEP_SUMMARY is"
              + " appended to.")
  private Optional<OutputFile> markdown = Optional.empty();

  public Optional<Path> junit() {
    return junit.map(OutputFile::path);
  }

  public Optional<Path> markdown() {
    return markdown.map(OutputFile::path);
  }
}
