package dev.zonda.cli.render;

import java.io.PrintWriter;

/// Where a command writes.
///
/// @param out results
/// @param err progress and messages
/// @param screen whether `err` is one
public record Streams(PrintWriter out, PrintWriter err, Screen screen) {
  /// What shows the messages.
  public enum Screen {
    /// Lines can be overwritten: progress may be drawn.
    TERMINAL,
    /// A file or pipe.
    NONE
  }

  /// Writes out what is still buffered.
  ///
  /// @return whether all results could be written
  public boolean flush() {
    err.flush();
    return !out.checkError();
  }
}
