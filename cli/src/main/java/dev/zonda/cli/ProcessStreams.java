package dev.zonda.cli;

import dev.zonda.cli.render.SafeText;
import dev.zonda.cli.render.Streams;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// The process's own streams, as the launcher set them up.
///
/// The JDK prints a warning about its incubating vector module on file descriptor 2 before `main`
/// runs, and no flag stops it. So the launcher leads descriptor 2 to nowhere and hands the real
/// standard error over as descriptor 0: a writer on the very descriptor shares its file position
/// with the other writers of the file, and works where reopening `/dev/fd/N` would not (sockets,
/// files without append). The real standard input is descriptor 99 then; reading is less
/// particular.
final class ProcessStreams {
  /// Set by the launcher if descriptors are not where they usually are.
  private static final boolean MOVED = "moved".equals(System.getProperty("zonda.descriptors"));

  private static final Path MOVED_INPUT = Path.of("/dev/fd/99");

  /// Set by the launcher: whether standard error is a terminal.
  private static final String ERROR_SCREEN = "zonda.terminal";

  private final ResultStream results;
  private final Streams streams;

  private ProcessStreams(ResultStream results, Streams streams) {
    this.results = results;
    this.streams = streams;
  }

  static ProcessStreams open() {
    OutputStream error = new FileOutputStream(MOVED ? FileDescriptor.in : FileDescriptor.err);
    if (MOVED) {
      // What libraries and threads print.
      System.setErr(new PrintStream(error, true, StandardCharsets.UTF_8));
    }
    Streams.Screen screen =
        "true".equals(System.getProperty(ERROR_SCREEN))
            ? Streams.Screen.TERMINAL
            : Streams.Screen.NONE;
    ResultStream results = new ResultStream(new FileOutputStream(FileDescriptor.out));
    return new ProcessStreams(results, new Streams(writer(results), writer(error), screen));
  }

  /// The process's standard input, from its beginning.
  static InputStream input() throws IOException {
    return MOVED ? Files.newInputStream(MOVED_INPUT) : new FileInputStream(FileDescriptor.in);
  }

  Streams streams() {
    return streams;
  }

  /// Says it if results could not be written, for example to a full disk. A reader who has seen
  /// enough, such as `head`, closes the pipe: that is no error to talk about.
  void reportLostResults() {
    results
        .failure()
        .filter(failure -> !String.valueOf(failure.getMessage()).contains("Broken pipe"))
        .ifPresent(failure -> {
          streams
              .err()
              .println(
                  "error: cannot write the results: "
                      + SafeText.line(String.valueOf(failure.getMessage())));
          streams.err().flush();
        });
  }

  /// UTF-8 whatever the locale says: names in checkpoints are, and an empty environment means ASCII
  /// to the JDK.
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
