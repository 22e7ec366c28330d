package dev.zonda.cli.options;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Whether two paths mean one file, by whatever links and spellings.
public final class SameFile {
  private SameFile() {}

  public static boolean is(Path a, Path b) throws IOException {
    boolean bothExist = Files.exists(a) && Files.exists(b);
    return bothExist ? Files.isSameFile(a, b) : place(a).equals(place(b));
  }

  /// Where a file that does not exist would be.
  private static Path place(Path path) throws IOException {
    Path absolute = path.toAbsolutePath().normalize();
    Path folder = absolute.getParent();
    return folder == null || !Files.exists(folder)
        ? absolute
        : folder.toRealPath().resolve(absolute.getFileName());
  }
}
