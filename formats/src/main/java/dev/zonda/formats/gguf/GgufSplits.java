package dev.zonda.formats.gguf;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.LongStream;

/// A model in several files `NAME-00001-of-0000N.gguf`, as `llama-gguf-split` makes them: the first
/// holds the metadata, and each says which one it is.
final class GgufSplits {
  static final String NUMBER = "split.no";
  static final String COUNT = "split.count";
  static final String TENSORS = "split.tensors.count";

  /// The keys are 16-bit numbers, and the names have five digits.
  static final int MOST_FILES = 65_535;

  private GgufSplits() {}

  /// Opens the file, and the other files of its model if it is the first of several.
  static List<GgufPart> open(Path path) throws IOException {
    List<GgufPart> parts = new ArrayList<>();
    try {
      GgufPart first = GgufPart.open(path);
      parts.add(first);
      long count = first.header().metadata().integer(COUNT).orElse(0);
      if (count > 1) {
        openOthers(path, first.header().metadata(), count, parts);
      }
      return List.copyOf(parts);
    } catch (IOException | RuntimeException e) {
      parts.forEach(GgufPart::close);
      throw e;
    }
  }

  /// Whether it is a whole model, or the first of several files that are all there.
  static boolean isWhole(Path path) throws IOException {
    Metadata metadata;
    try (GgufPart part = GgufPart.open(path)) {
      metadata = part.header().metadata();
    }
    long count = metadata.integer(COUNT).orElse(0);
    if (count <= 1) {
      return true;
    }
    String name = path.getFileName().toString();
    String suffix = suffix(1, count);
    if (metadata.integer(NUMBER).orElse(0) != 0 || count > MOST_FILES || !name.endsWith(suffix)) {
      return false;
    }
    String prefix = name.substring(0, name.length() - suffix.length());
    return LongStream.rangeClosed(2, count)
        .allMatch(i -> Files.exists(path.resolveSibling(prefix + suffix(i, count))));
  }

  private static void openOthers(Path path, Metadata metadata, long count, List<GgufPart> parts)
      throws IOException {
    if (count > MOST_FILES) {
      throw FormatException.in(path, COUNT + " is " + count + ", expected at most " + MOST_FILES);
    }
    String name = path.getFileName().toString();
    long number = metadata.integer(NUMBER).orElse(0);
    if (number != 0) {
      throw FormatException.in(
          path,
          "is file %d of %d of a split model: give the first file, whose name ends in %s"
              .formatted(number + 1, count, suffix(1, count)));
    }
    String suffix = suffix(1, count);
    if (!name.endsWith(suffix)) {
      throw FormatException.in(
          path, "is the first of " + count + " files, so its name must end in " + suffix);
    }
    String prefix = name.substring(0, name.length() - suffix.length());
    for (int i = 2; i <= count; i++) {
      parts.add(openOther(path, prefix + suffix(i, count), i - 1, count));
    }
    checkTensors(path, metadata.integer(TENSORS), parts);
  }

  private static GgufPart openOther(Path first, String name, int number, long count)
      throws IOException {
    Path path = first.resolveSibling(name);
    if (!Files.exists(path)) {
      throw FormatException.in(
          first, "is the first of " + count + " files, but " + name + " is missing");
    }
    GgufPart part = GgufPart.open(path);
    Metadata metadata = part.header().metadata();
    if (metadata.integer(NUMBER).orElse(-1) != number
        || metadata.integer(COUNT).orElse(-1) != count) {
      part.close();
      throw FormatException.in(
          path,
          "%s and %s do not say that it is file %d of %d"
              .formatted(NUMBER, COUNT, number + 1, count));
    }
    return part;
  }

  private static void checkTensors(Path first, OptionalLong expected, List<GgufPart> parts)
      throws FormatException {
    long found = parts.stream().mapToLong(part -> part.header().tensors().size()).sum();
    if (expected.isEmpty() || expected.getAsLong() != found) {
      throw FormatException.in(
          first,
          "%s is %s, but the files hold %d tensors"
              .formatted(
                  TENSORS, expected.isEmpty() ? "missing" : expected.getAsLong() + "", found));
    }
  }

  /// The end of a file's name.
  ///
  /// @param number from 1 on
  static String suffix(long number, long count) {
    return "-%05d-of-%05d.gguf".formatted(number, count);
  }
}
