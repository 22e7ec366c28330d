package dev.zonda.cli;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.OutputRefusedException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine.ParameterException;

/// What an exception means to the user: an exit code and one line. Only this class decides that.
///
/// @param code what the process returns
/// @param message the line, without `error:` before it
record Failure(ExitCode code, String message) {

  static Failure of(Throwable thrown) {
    Throwable cause = unwrap(thrown);
    return switch (cause) {
      case ParameterException e -> new Failure(ExitCode.USAGE, Misunderstanding.of(e));
      case FormatException e -> new Failure(ExitCode.BAD_INPUT, e.getMessage());
      case FileAlreadyExistsException e ->
          new Failure(
              ExitCode.USAGE,
              e.getFile() + " exists: name another file, or overwrite it with --force");
      case OutputRefusedException e -> new Failure(ExitCode.USAGE, e.getMessage());
      case NoSuchFileException e ->
          new Failure(ExitCode.BAD_INPUT, e.getFile() + ": no such file or folder");
      case FileNotFoundException e -> new Failure(ExitCode.BAD_INPUT, describe(e));
      case ClosedByInterruptException _,
          InterruptedException _,
          InterruptedIOException _,
          CancellationException _ ->
          new Failure(ExitCode.INTERRUPTED, "interrupted");
      case AccessDeniedException e -> new Failure(ExitCode.IO, e.getFile() + ": permission denied");
      case NotDirectoryException e -> new Failure(ExitCode.IO, e.getFile() + ": no such folder");
      case FileSystemException e -> new Failure(ExitCode.IO, describe(e));
      case IOException e -> new Failure(ExitCode.IO, describe(e));
      case OutOfMemoryError e ->
          new Failure(
              ExitCode.INTERNAL,
              "not enough memory ("
                  + e.getMessage()
                  + "): give more with ZONDA_JAVA_OPTS=-Xmx4g, or use fewer --threads");
      // The JVM's words for a mapped file whose bytes are gone.
      case InternalError e when String.valueOf(e.getMessage()).contains("unsafe memory access") ->
          new Failure(
              ExitCode.IO, "an input file was cut off, or could not be read, while it was in use");
      default ->
          new Failure(
              ExitCode.INTERNAL,
              "internal error, please report it: "
                  + cause
                  + " (run with --verbose for the stack trace)");
    };
  }

  /// Tasks and streams wrap what a file read threw: the user should see the cause.
  private static Throwable unwrap(Throwable thrown) {
    Throwable current = thrown;
    while ((current instanceof UncheckedIOException
            || current instanceof ExecutionException
            || current instanceof CompletionException)
        && current.getCause() != null) {
      current = current.getCause();
    }
    return current;
  }

  private static String describe(IOException e) {
    return Optional.ofNullable(e.getMessage()).orElseGet(() -> e.getClass().getSimpleName());
  }
}
