package dev.zonda.cli.render;

import dev.zonda.quantize.ProgressListener;
import java.io.PrintWriter;

/// Where a command's results and messages go: results to standard output, all else to standard
/// error. All text that passes through here is made safe for a terminal.
public final class Console {
  /// How much is said on standard error.
  public enum Verbosity {
    /// Errors and warnings only.
    QUIET,
    /// Notes and, on a terminal, progress.
    NORMAL,
    /// Details too, and stack traces.
    VERBOSE
  }

  private final Streams streams;
  private final Verbosity verbosity;
  private final ProgressListener progress;

  public Console(Streams streams, Verbosity verbosity, ProgressMode mode) {
    this.streams = streams;
    this.verbosity = verbosity;
    this.progress =
        switch (mode) {
          case BAR -> bar(streams);
          case JSON -> new ProgressLines(streams.err(), System::nanoTime);
          case NONE -> ProgressListener.NONE;
          case AUTO ->
              streams.errScreen() instanceof Screen.Terminal && verbosity != Verbosity.QUIET
                  ? bar(streams)
                  : ProgressListener.NONE;
        };
  }

  private static ProgressBar bar(Streams streams) {
    int columns =
        switch (streams.errScreen()) {
          case Screen.Terminal(int width) -> width;
          case Screen.None() -> Screen.USUAL_COLUMNS;
        };
    return new ProgressBar(streams.err(), System::nanoTime, columns);
  }

  /// A line of the result.
  public void line(String text) {
    streams.out().println(SafeText.line(text));
  }

  /// A sentence of the result, in as many lines as it takes on a terminal.
  public void sentence(String text) {
    TextWidth.wrapped(SafeText.line(text), Math.max(2, streams.outScreen().columns()))
        .forEach(streams.out()::println);
  }

  /// An empty line between parts of the result.
  public void gap() {
    streams.out().println();
  }

  /// Shows the results so far, before something that takes long.
  public void flush() {
    streams.out().flush();
  }

  /// A table of the result.
  public void table(Table table) {
    table.lines(streams.outScreen().columns()).forEach(streams.out()::println);
  }

  /// The whole result as JSON: records with their components in order, names in `snake_case`.
  public void json(Object result) {
    Json.write(result, streams.out());
    streams.out().println();
  }

  /// Something the user should know, in one line. Not printed with `--quiet`.
  public void note(String text) {
    if (verbosity != Verbosity.QUIET) {
      message(text);
    }
  }

  /// Something that may be wrong, in one line. Always printed.
  public void warning(String text) {
    message("warning: " + text);
  }

  /// Something for the curious, in one line. Printed with `--verbose` only.
  public void detail(String text) {
    if (verbosity == Verbosity.VERBOSE) {
      message(text);
    }
  }

  /// Shows the progress of a task, if progress is to be shown.
  public ProgressListener progress() {
    return progress;
  }

  private void message(String text) {
    String line = SafeText.line(text);
    switch (progress) {
      case ProgressBar bar -> bar.message(line);
      case ProgressLines lines -> lines.message(line);
      default -> {
        PrintWriter err = streams.err();
        err.println(line);
        err.flush();
      }
    }
  }
}
