package dev.zonda.testdata;

import java.nio.file.Files;
import java.nio.file.Path;

/// Finds the files of the `testdata/` folder, wherever the tests are started from.
public final class TestData {
  private static final Path ROOT = findRoot();

  private TestData() {}

  /// A file or folder below `testdata/`.
  ///
  /// @param relative for example `golden/blocks/index.json`
  /// @throws IllegalArgumentException if there is none
  public static Path path(String relative) {
    Path path = ROOT.resolve(relative);
    if (!Files.exists(path)) {
      throw new IllegalArgumentException("no test data at " + path);
    }
    return path;
  }

  /// The small, really trained model of the Mistral architecture, as a checkpoint folder.
  public static Path shakespeareMistral() {
    return path("models/shakespeare-mistral");
  }

  private static Path findRoot() {
    String configured = System.getProperty("zonda.testdata");
    if (configured != null) {
      return Path.of(configured);
    }
    for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
      Path candidate = folder.resolve("testdata");
      if (Files.isRegularFile(candidate.resolve("README.md"))) {
        return candidate;
      }
    }
    throw new IllegalStateException("no testdata folder above " + Path.of("").toAbsolutePath());
  }
}
