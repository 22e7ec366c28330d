package dev.zonda.cli;

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
}
