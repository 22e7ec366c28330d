package dev.zonda.cli;

import dev.zonda.cli.options.StandardInput;
import dev.zonda.cli.render.SafeText;
import dev.zonda.cli.render.Screen;
import dev.zonda.cli.render.Streams;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// The process's own streams, as the launcher set them up.
///
/// The JDK prints a warning about its incubating vector module on file descriptor 2 before `main`
/// runs, and no flag stops it. So the launcher points descriptor 2 at `/dev/null` and passes the
/// real standard error as descriptor 0: a writer on that descriptor shares its file position with
/// the other writers of the file, and works where reopening `/dev/fd/N` would not (sockets, files
/// without append). The real standard input is then descriptor 99, which is reopened for reading.
final class ProcessStreams {
  /// Set by the launcher where standard output is a terminal: its columns.
  private static final String OUT_COLUMNS = "zonda.outColumns";

  /// The same for standard error.
  private static final String ERR_COLUMNS = "zonda.errColumns";

  private final ResultStream results;
  private final Streams streams;

  private ProcessStreams(ResultStream results, Streams streams) {
    this.results = results;
    this.streams = streams;
  }

  static ProcessStreams open() {
    boolean moved = StandardInput.isMoved();
    OutputStream error = new FileOutputStream(moved ? FileDescriptor.in : FileDescriptor.err);
    if (moved) {
      // For what libraries and threads print.
      System.setErr(new PrintStream(error, true, StandardCharsets.UTF_8));
    }
    ResultStream results = new ResultStream(new FileOutputStream(FileDescriptor.out));
    return new ProcessStreams(
        results,
        new Streams(writer(results), writer(error), screen(OUT_COLUMNS), screen(ERR_COLUMNS)));
  }

  private static Screen screen(String property) {
    String columns = System.getProperty(property, "");
    if (columns.isEmpty()) {
      return Screen.none();
    }
    return new Screen.Terminal(
        columns.matches("[1-9]\\d{0,3}") ? Integer.parseInt(columns) : Screen.USUAL_COLUMNS);
  }

  Streams streams() {
    return streams;
  }

  /// The exit code, once everything is written; reports results that could not be written, for
  /// example to a full disk. A reader that has seen enough, such as `head`, closes the pipe: that
  /// is not reported, but the exit code is that of a process which the system ends for it.
  ///
  /// @param code what the command has returned
  int finished(int code) {
    Optional<String> failure = results.failure().map(thrown -> String.valueOf(thrown.getMessage()));
    if (failure.isEmpty()) {
      return code;
    }
    if (failure.get().contains("Broken pipe")) {
      return code == ExitCode.IO.number() ? ExitCode.READER_GONE.number() : code;
    }
    streams.err().println("error: cannot write the results: " + SafeText.line(failure.get()));
    streams.err().flush();
    return code;
  }

  /// UTF-8 whatever the locale says: names in checkpoints are UTF-8, and in an empty environment
  /// the JDK would write ASCII.
  private static PrintWriter writer(OutputStream stream) {
    return new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), false);
  }

  /// Remembers why writing failed, since a [PrintWriter] tells only that it did.
  private static final class ResultStream extends OutputStream {
    private final OutputStream target;
    private Optional<IOException> failure = Optional.empty();

    ResultStream(OutputStream target) {
      this.target = target;
    }

    Optional<IOException> failure() {
      return failure;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      try {
        target.write(bytes, from, count);
      } catch (IOException e) {
        failure = Optional.of(e);
        throw e;
      }
    }
  }
}
