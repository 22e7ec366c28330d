package dev.zonda.formats.io;

import dev.zonda.formats.FormatException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The cache of the Hugging Face hub: `models--OWNER--NAME` holds a repository's files in `blobs`,
/// in `snapshots/REVISION` links to them, and in `refs/BRANCH` the revision of each branch.
final class HubCache {
  private static final String SNAPSHOTS = "snapshots";
  private static final String BLOBS = "blobs";
  private static final String MAIN = "refs/main";
  private static final Pattern REPOSITORY = Pattern.compile("models--(?:(.+?)--)?([^/]+)");
  private static final Pattern REVISION = Pattern.compile("[0-9a-f]{7,64}");

  /// The longest file that holds a revision.
  private static final int MOST_BYTES = 200;

  private HubCache() {}

  /// The folder that is meant: for a repository in the cache, the snapshot of its main branch, or
  /// its only snapshot.
  ///
  /// @throws FormatException if there is no snapshot, or several and none of the main branch
  static Path snapshot(Path folder) throws IOException {
    Path snapshots = folder.resolve(SNAPSHOTS);
    if (!isRepository(folder) || !Files.isDirectory(snapshots)) {
      return folder;
    }
    Optional<Path> main = main(folder).map(snapshots::resolve).filter(Files::isDirectory);
    if (main.isPresent()) {
      return main.get();
    }
    List<Path> all;
    try (Stream<Path> found = Files.list(snapshots)) {
      all = found.filter(Files::isDirectory).sorted().toList();
    }
    if (all.size() != 1) {
      throw FormatException.in(
          folder,
          all.isEmpty()
              ? "is a repository of the Hugging Face cache without a snapshot: its download is not"
                  + " finished"
              : ("is a repository of the Hugging Face cache with %d snapshots, and %s names none of"
                      + " them: give one, for example %s")
                  .formatted(all.size(), MAIN, all.getFirst()));
    }
    return all.getFirst();
  }

  /// The folder that the links of a snapshot lead to.
  ///
  /// @param real a folder without links in its path
  static Optional<Path> blobs(Path real) throws IOException {
    Path snapshots = real.getParent();
    if (snapshots == null || !snapshots.endsWith(SNAPSHOTS)) {
      return Optional.empty();
    }
    Path blobs = snapshots.resolveSibling(BLOBS);
    return Files.isDirectory(blobs) ? Optional.of(blobs.toRealPath()) : Optional.empty();
  }

  /// The id of the repository that a folder is a snapshot of: `OWNER/NAME`, or `NAME` for old ones.
  static Optional<String> repository(Path folder) {
    Path snapshots = folder.toAbsolutePath().normalize().getParent();
    if (snapshots == null || !snapshots.endsWith(SNAPSHOTS) || snapshots.getParent() == null) {
      return Optional.empty();
    }
    Path name = snapshots.getParent().getFileName();
    return name == null ? Optional.empty() : id(name.toString());
  }

  private static boolean isRepository(Path folder) {
    Path name = folder.toAbsolutePath().normalize().getFileName();
    return name != null && id(name.toString()).isPresent();
  }

  private static Optional<String> id(String name) {
    Matcher matcher = REPOSITORY.matcher(name);
    return matcher.matches()
        ? Optional.of(
            Optional.ofNullable(matcher.group(1)).map(owner -> owner + "/").orElse("")
                + matcher.group(2))
        : Optional.empty();
  }

  private static Optional<String> main(Path folder) throws IOException {
    Path file = folder.resolve(MAIN);
    if (!Files.isRegularFile(file) || Files.size(file) > MOST_BYTES) {
      return Optional.empty();
    }
    String text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).strip();
    return Optional.of(text).filter(revision -> REVISION.matcher(revision).matches());
  }
}
