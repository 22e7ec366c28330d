package dev.zonda.formats;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Optional;

/// Opens a file that may be broken, and makes sure that nothing but a [FormatException] comes out
/// of it: no other exception, no many lines, no memory out of proportion.
public final class Hostile {
  /// What opening may allocate without regard to the file: tables, buffers, messages.
  private static final long FREE_BYTES = 8L << 20;

  /// How many bytes an opened file may allocate per byte that it has.
  private static final long BYTES_PER_BYTE = 64;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private Hostile() {}

  /// Something that opens a file, and perhaps looks at all of it.
  @FunctionalInterface
  public interface Opening {
    void open(Path file) throws IOException;
  }

  /// @return the fault, or nothing if the file was accepted
  public static Optional<FormatException> open(Path file, long fileBytes, Opening opening)
      throws IOException {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    Optional<FormatException> fault = Optional.empty();
    try {
      opening.open(file);
    } catch (FormatException e) {
      fault = Optional.of(e);
    }
    long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
    long allowed = FREE_BYTES + BYTES_PER_BYTE * fileBytes;
    assertTrue(
        allocated <= allowed, () -> file + " allocated " + allocated + ", more than " + allowed);
    fault.ifPresent(e -> {
      String message = e.getMessage();
      assertTrue(message.lines().count() == 1 && message.length() < 800, message);
    });
    return fault;
  }
}
