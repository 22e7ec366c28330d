package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// The launcher and its process, as a user starts, watches and stops them.
final class RealCommand {
  private static final Path LAUNCHER =
      TestData.path("models").getParent().getParent().resolve("zonda");
  private static final long MOST_SECONDS = 300;

  private final Process process;
  private final Path out;
  private final Path err;

  private RealCommand(Process process, Path out, Path err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /// What came of it.
  record Result(int exitCode, String out, String err) {}

  /// Starts the launcher in a folder.
  static RealCommand start(Path folder, String... arguments) throws IOException {
    List<String> line = new ArrayList<>();
    if (resetsSignals()) {
      // Whoever runs the tests in the background lets them ignore SIGINT, and all their children.
      line.addAll(List.of("env", "--default-signal=INT"));
    }
    line.add(LAUNCHER.toString());
    line.addAll(List.of(arguments));
    return start(folder, line);
  }

  /// Starts a line of bash; `$zonda` is the launcher.
  static RealCommand bash(Path folder, String line) throws IOException {
    return start(folder, List.of("/bin/bash", "-c", line));
  }

  private static RealCommand start(Path folder, List<String> line) throws IOException {
    Path streams = Files.createTempDirectory("zonda-streams");
    Path out = streams.resolve("out");
    Path err = streams.resolve("err");
    ProcessBuilder builder = new ProcessBuilder(line).directory(folder.toFile());
    Map<String, String> environment = builder.environment();
    environment.clear();
    environment.put("PATH", "/usr/local/bin:/usr/bin:/bin");
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    environment.put("zonda", LAUNCHER.toString());
    return new RealCommand(
        builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start(), out, err);
  }

  static Result run(Path folder, String... arguments) throws IOException, InterruptedException {
    return start(folder, arguments).result();
  }

  private static boolean resetsSignals() throws IOException {
    try {
      return new ProcessBuilder("env", "--default-signal=INT", "true").start().waitFor() == 0;
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  /// Waits until a file has so many bytes.
  ///
  /// @return whether that came before the end of the process
  boolean awaitBytes(Path file, long bytes) throws IOException, InterruptedException {
    while (process.isAlive()) {
      if (Files.exists(file) && sizeOf(file) >= bytes) {
        return true;
      }
      Thread.sleep(2);
    }
    return false;
  }

  private static long sizeOf(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      return -1; // it has gone meanwhile
    }
  }

  /// Waits for a while, or for the end.
  void await(long millis) throws InterruptedException {
    boolean _ = process.waitFor(millis, TimeUnit.MILLISECONDS);
  }

  /// @param signal for example `INT`
  void signal(String signal) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
  }

  Result result() throws IOException, InterruptedException {
    assertTrue(process.waitFor(MOST_SECONDS, TimeUnit.SECONDS), "the command hangs");
    Result result = new Result(process.exitValue(), Files.readString(out), Files.readString(err));
    Files.delete(out);
    Files.delete(err);
    Files.delete(out.getParent());
    return result;
  }

  static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
