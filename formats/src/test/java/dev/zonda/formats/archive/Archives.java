package dev.zonda.formats.archive;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;

/// Packs folders, and writes archives that no tool would.
public final class Archives {
  private Archives() {}

  /// @param prefix before the names of the folder's files
  public static Path tar(Path folder, String prefix, Path target) throws IOException {
    try (OutputStream out = Files.newOutputStream(target);
        TarArchiveOutputStream tar = new TarArchiveOutputStream(out)) {
      for (Path file : files(folder)) {
        byte[] content = Files.readAllBytes(file);
        TarArchiveEntry entry = new TarArchiveEntry(prefix + folder.relativize(file));
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
      }
    }
    return target;
  }

  /// @param method [ZipArchiveEntry#STORED] or [ZipArchiveEntry#DEFLATED]
  public static Path zip(Path folder, String prefix, int method, Path target) throws IOException {
    try (ZipArchiveOutputStream zip = new ZipArchiveOutputStream(target)) {
      for (Path file : files(folder)) {
        ZipArchiveEntry entry = new ZipArchiveEntry(prefix + folder.relativize(file));
        entry.setMethod(method);
        zip.putArchiveEntry(entry);
        zip.write(Files.readAllBytes(file));
        zip.closeArchiveEntry();
      }
    }
    return target;
  }

  /// A tar archive of empty files.
  static Path tarOf(List<String> names, Path target) throws IOException {
    try (OutputStream out = Files.newOutputStream(target);
        TarArchiveOutputStream tar = new TarArchiveOutputStream(out)) {
      for (String name : names) {
        tar.putArchiveEntry(new TarArchiveEntry(name, true));
        tar.closeArchiveEntry();
      }
    }
    return target;
  }

  /// A tar archive of one symbolic link.
  static Path tarOfLink(String name, String to, Path target) throws IOException {
    try (OutputStream out = Files.newOutputStream(target);
        TarArchiveOutputStream tar = new TarArchiveOutputStream(out)) {
      TarArchiveEntry entry = new TarArchiveEntry(name, TarConstants.LF_SYMLINK);
      entry.setLinkName(to);
      tar.putArchiveEntry(entry);
      tar.closeArchiveEntry();
    }
    return target;
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }
}
