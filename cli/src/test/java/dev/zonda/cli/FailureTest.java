package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.FormatException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class FailureTest {
  static Stream<Arguments> table() {
    FormatException broken = FormatException.at(Path.of("m.gguf"), 4, "version is 9");
    return Stream.of(
        Arguments.of(broken, 3, "m.gguf @0x4: version is 9"),
        Arguments.of(new UncheckedIOException(broken), 3, "m.gguf @0x4: version is 9"),
        Arguments.of(new ExecutionException(broken), 3, "m.gguf @0x4: version is 9"),
        Arguments.of(new NoSuchFileException("a"), 3, "a: no such file or folder"),
        Arguments.of(new FileNotFoundException("a (gone)"), 3, "a (gone)"),
        Arguments.of(
            new FileAlreadyExistsException("o"),
            2,
            "o exists: name another file, or overwrite it with --force"),
        Arguments.of(new AccessDeniedException("a"), 4, "a: permission denied"),
        Arguments.of(new NotDirectoryException("a"), 4, "a: no such folder"),
        Arguments.of(
            new FileSystemException("a", null, "No space left on device"),
            4,
            "a: No space left on device"),
        Arguments.of(new IOException("Input/output error"), 4, "Input/output error"),
        Arguments.of(new IOException(), 4, "IOException"),
        Arguments.of(new InterruptedException(), 130, "interrupted"),
        Arguments.of(new ClosedByInterruptException(), 130, "interrupted"),
        Arguments.of(new CancellationException(), 130, "interrupted"));
  }

  @ParameterizedTest
  @MethodSource("table")
  void meansCodeAndOneLine(Exception thrown, int code, String message) {
    Failure failure = Failure.of(thrown);
    assertEquals(code, failure.code().number());
    assertEquals(message, failure.message());
  }

  @Test
  void inputThatIsCutOffMeanwhileIsNoInternalError() {
    Failure failure =
        Failure.of(new InternalError("a fault occurred in an unsafe memory access operation"));
    assertEquals(4, failure.code().number());
    assertTrue(failure.message().startsWith("an input file was cut off"));
  }

  @Test
  void faultsOfOurOwnAreNamedAsSuch() {
    Failure failure = Failure.of(new IllegalStateException("row 7"));
    assertEquals(70, failure.code().number());
    assertTrue(failure.message().startsWith("internal error"), failure.message());
    assertTrue(failure.message().contains("row 7"), failure.message());
    assertTrue(failure.message().contains("--verbose"), failure.message());
  }

  @Test
  void lackOfMemoryTellsWhatToDo() {
    Failure failure = Failure.of(new OutOfMemoryError("Java heap space"));
    assertEquals(70, failure.code().number());
    assertTrue(failure.message().contains("ZONDA_JAVA_OPTS"), failure.message());
    assertFalse(failure.message().contains("internal error"), failure.message());
  }
}
