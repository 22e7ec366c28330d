package dev.zonda.formats.io;

import dev.zonda.formats.FormatException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// What stands for a large file in a Git repository until Git LFS fetches it: a few lines of text
/// under the file's own name.
public final class LfsPointer {
  private static final byte[] START =
      "version https://git-lfs.github.com/spec/".getBytes(StandardCharsets.US_ASCII);

  /// Pointers are shorter, says the specification.
  private static final int MOST_BYTES = 1024;

  private LfsPointer() {}

  /// @throws FormatException if the file is a pointer
  public static void refuse(InputFile file) throws IOException {
    if (file.size() < START.length || file.size() >= MOST_BYTES) {
      return;
    }
    if (Arrays.equals(file.copy(0, START.length), START)) {
      throw FormatException.in(
          file.path(),
          "is a Git LFS pointer of %d bytes, not the file that it stands for: run git lfs pull"
              .formatted(file.size()));
    }
  }
}
