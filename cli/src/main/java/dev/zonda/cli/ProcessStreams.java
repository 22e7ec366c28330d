package dev.zonda.cli;

import dev.zonda.cli.render.Streams;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/// The process's own streams, as the launcher set them up.
///
/// The JDK prints a warning about its incubating vector module on file descriptor 2 before `main`
/// runs, and no flag stops it. So the launcher sends descriptor 2 through a filter and hands the
/// real standard error over as descriptor 0, which zonda does not read: a writer on the very
/// descriptor shares its file position with the other writers of the file, is never delayed by the
/// filter, and works where reopening `/dev/fd/N` would not (sockets, files without append).
final class ProcessStreams {
  /// Set by the launcher: the descriptor that is the real standard error.
  private static final String ERROR_DESCRIPTOR = "zonda.stderr";

  /// Set by the launcher: whether standard error is a terminal.
  private static final String ERROR_SCREEN = "zonda.terminal";

  private ProcessStreams() {}

  static Streams open() {
    FileDescriptor error =
        "0".equals(System.getProperty(ERROR_DESCRIPTOR)) ? FileDescriptor.in : FileDescriptor.err;
    Streams.Screen screen =
        "true".equals(System.getProperty(ERROR_SCREEN))
            ? Streams.Screen.TERMINAL
            : Streams.Screen.NONE;
    return new Streams(
        writer(new FileOutputStream(FileDescriptor.out)),
        writer(new FileOutputStream(error)),
        screen);
  }

  /// UTF-8 whatever the locale says: names in checkpoints are, and an empty environment means ASCII
  /// to the JDK.
  private static PrintWriter writer(OutputStream stream) {
    return new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), false);
  }
}
