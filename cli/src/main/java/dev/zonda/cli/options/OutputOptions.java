package dev.zonda.cli.options;

import dev.zonda.cli.render.Console.Verbosity;
import dev.zonda.cli.render.ProgressMode;
import java.util.Optional;
import picocli.CommandLine.Option;

/// How much is printed, and in which form. Every command has these options.
public final class OutputOptions {
  @Option(
      names = "--json",
      order = 900,
      description = "Print the result as JSON on standard output.")
  private boolean json;

  @Option(
      names = {"-v", "--verbose"},
      order = 901,
      description = "Print details, and stack traces of errors.")
  private boolean verbose;

  @Option(
      names = {"-q", "--quiet"},
      order = 902,
      description = "Print results, warnings and errors only: no progress and no notes.")
  private boolean quiet;

  @Option(
      names = "--progress",
      paramLabel = "HOW",
      order = 903,
      description =
          "How to show progress: bar, json (a line for each event) or none (default: a bar on a"
              + " terminal).")
  private ProgressMode progress = ProgressMode.AUTO;

  public ProgressMode progress() {
    return progress;
  }

  /// What contradicts itself, in words for the user.
  public Optional<String> contradiction() {
    return quiet && verbose
        ? Optional.of("--quiet and --verbose cannot be combined: give one of them")
        : Optional.empty();
  }

  public boolean json() {
    return json;
  }

  public Verbosity verbosity() {
    if (quiet) {
      return Verbosity.QUIET;
    }
    return verbose ? Verbosity.VERBOSE : Verbosity.NORMAL;
  }
}
