package dev.zonda.formats;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/// Where an output is written: under its name or, if that is a symbolic link, in place of the file
/// that it leads to.
///
/// A rename would replace the link itself, even `/dev/stdout` of the whole machine.
public final class OutputPlace {
  /// As many as Linux follows.
  private static final int MOST_LINKS = 40;

  private OutputPlace() {}

  /// Follows a chain of links. The path stays relative where neither it nor a link is absolute.
  ///
  /// @throws FileSystemException if links lead to anything but a regular file
  public static Path of(Path named) throws IOException {
    if (!Files.isSymbolicLink(named)) {
      return named;
    }
    Path place = named;
    for (int links = 0; Files.isSymbolicLink(place); links++) {
      if (links == MOST_LINKS) {
        throw new FileSystemException(
            named.toString(), null, "is a symbolic link that leads to itself: name a file");
      }
      place = place.resolveSibling(Files.readSymbolicLink(place));
    }
    if (!Files.isRegularFile(place, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileSystemException(
          named.toString(),
          null,
          "is a symbolic link to %s, which is not a regular file: name a file".formatted(place));
    }
    return place;
  }
}
