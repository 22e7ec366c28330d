package dev.zonda.cli;

import dev.zonda.cli.render.Screen;
import dev.zonda.cli.render.Streams;
import java.io.PrintWriter;
import java.io.StringWriter;

/// A command that was run in this process, and what came of it.
record CliRun(int exitCode, String out, String err) {
  static CliRun of(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode = Main.run(new PrintWriter(out), new PrintWriter(err), args);
    return new CliRun(exitCode, out.toString(), err.toString());
  }

  /// On a terminal of so many columns; messages go to a file.
  static CliRun onTerminal(int columns, String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    Streams streams =
        new Streams(
            new PrintWriter(out),
            new PrintWriter(err),
            new Screen.Terminal(columns),
            Screen.none());
    int exitCode = Main.run(streams, args);
    return new CliRun(exitCode, out.toString(), err.toString());
  }
}
