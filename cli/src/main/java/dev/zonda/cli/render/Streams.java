package dev.zonda.cli.render;

import java.io.PrintWriter;

/// Where a command writes.
///
/// @param out results
/// @param err progress and messages
/// @param outScreen what shows `out`
/// @param errScreen what shows `err`
public record Streams(PrintWriter out, PrintWriter err, Screen outScreen, Screen errScreen) {
  /// Writes out what is still buffered.
  ///
  /// @return whether all results could be written
  public boolean flush() {
    err.flush();
    return !out.checkError();
  }
}
