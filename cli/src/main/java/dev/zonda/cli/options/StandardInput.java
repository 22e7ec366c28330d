package dev.zonda.cli.options;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/// The process's standard input, wherever the launcher has put it: `ProcessStreams` says why.
public final class StandardInput {
  /// Set by the launcher if descriptors are not where they usually are.
  private static final boolean MOVED = "moved".equals(System.getProperty("zonda.descriptors"));

  private static final Path MOVED_INPUT = Path.of("/dev/fd/99");

  private StandardInput() {}

  /// Whether standard error has taken its descriptor.
  public static boolean isMoved() {
    return MOVED;
  }

  /// Reads from its beginning.
  static InputStream open() throws IOException {
    return MOVED ? Files.newInputStream(MOVED_INPUT) : new FileInputStream(FileDescriptor.in);
  }
}
