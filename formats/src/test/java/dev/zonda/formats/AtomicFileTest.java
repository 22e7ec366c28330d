package dev.zonda.formats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AtomicFileTest {
  @TempDir Path folder;
  private Path target;

  @BeforeEach
  void chooseTarget() {
    target = folder.resolve("out.gguf");
  }

  @Test
  void appearsWithTheCommit() throws IOException {
    try (AtomicFile file = AtomicFile.create(target, OverwritePolicy.FAIL)) {
      write(file, "new");
      assertFalse(Files.exists(target));
      file.commit();
    }
    assertEquals("new", Files.readString(target));
    assertEquals(List.of(target), files());
  }

  @Test
  void vanishesWithoutCommit() throws IOException {
    try (AtomicFile file = AtomicFile.create(target, OverwritePolicy.FAIL)) {
      write(file, "new");
    }
    assertEquals(List.of(), files());
  }

  @Test
  void vanishesWhenTheProcessEnds() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Abandoned.class.getName(),
                target.toString())
            .inheritIO()
            .start();
    assertEquals(Abandoned.EXIT, process.waitFor());
    assertEquals(List.of(), files());
  }

  /// Ends without closing, as a command does that is interrupted.
  static final class Abandoned {
    static final int EXIT = 42;

    private Abandoned() {}

    public static void main(String[] args) throws IOException {
      write(AtomicFile.create(Path.of(args[0]), OverwritePolicy.FAIL), "half");
      System.exit(EXIT);
    }
  }

  @Test
  void existingFileIsKept() throws IOException {
    Files.writeString(target, "old");
    assertThrows(
        FileAlreadyExistsException.class, () -> AtomicFile.create(target, OverwritePolicy.FAIL));
    assertEquals("old", Files.readString(target));
    assertEquals(List.of(target), files());
  }

  @Test
  void existingFileIsReplacedOnlyByTheCommit() throws IOException {
    Files.writeString(target, "old");
    try (AtomicFile file = AtomicFile.create(target, OverwritePolicy.REPLACE)) {
      write(file, "new");
      assertEquals("old", Files.readString(target));
      file.commit();
    }
    assertEquals("new", Files.readString(target));
    assertEquals(List.of(target), files());
  }

  @Test
  void fileThatAppearsMeanwhileIsKept() throws IOException {
    try (AtomicFile file = AtomicFile.create(target, OverwritePolicy.FAIL)) {
      write(file, "new");
      Files.writeString(target, "of somebody else");
      assertThrows(FileAlreadyExistsException.class, file::commit);
    }
    assertEquals("of somebody else", Files.readString(target));
    assertEquals(List.of(target), files());
  }

  @Test
  void folderIsNeverReplaced() throws IOException {
    Files.createDirectory(target);
    FileSystemException e =
        assertThrows(
            FileSystemException.class, () -> AtomicFile.create(target, OverwritePolicy.REPLACE));
    assertEquals("is a folder, expected a file's name", e.getReason());
    assertTrue(Files.isDirectory(target));
  }

  @ParameterizedTest
  @EnumSource(OverwritePolicy.class)
  void linksToNothingAreRefused(OverwritePolicy policy) throws IOException {
    Files.createSymbolicLink(target, Path.of("nowhere"));
    FileSystemException e =
        assertThrows(FileSystemException.class, () -> AtomicFile.create(target, policy));
    assertEquals(target.toString(), e.getFile());
    assertEquals(
        "is a symbolic link to %s, which is not a regular file: name a file"
            .formatted(folder.resolve("nowhere")),
        e.getReason());
    assertEquals(List.of(target), files());
  }

  /// As /dev/stdout is: a link to a link to what is no file.
  @Test
  void linksToDevicesAndFoldersAreRefusedThroughAnyChain() throws IOException {
    for (Path end : List.of(Path.of("/dev/null"), folder)) {
      Path first = Files.createSymbolicLink(folder.resolve("first"), end);
      Path second = Files.createSymbolicLink(folder.resolve("second"), Path.of("first"));
      Files.createSymbolicLink(target, Path.of("second"));
      for (Path link : List.of(first, second, target)) {
        FileSystemException e =
            assertThrows(
                FileSystemException.class, () -> AtomicFile.create(link, OverwritePolicy.REPLACE));
        assertEquals(
            "is a symbolic link to %s, which is not a regular file: name a file".formatted(end),
            e.getReason());
        assertThrows(
            FileSystemException.class,
            () -> AtomicFile.requireCreatable(link, OverwritePolicy.REPLACE));
      }
      assertEquals(end, Files.readSymbolicLink(first));
      assertEquals(3, files().size());
      for (Path link : List.of(first, second, target)) {
        Files.delete(link);
      }
    }
  }

  @Test
  void linksThatLeadToThemselvesAreRefused() throws IOException {
    Files.createSymbolicLink(target, Path.of("other"));
    Files.createSymbolicLink(folder.resolve("other"), Path.of("out.gguf"));
    FileSystemException e =
        assertThrows(
            FileSystemException.class, () -> AtomicFile.create(target, OverwritePolicy.REPLACE));
    assertEquals("is a symbolic link that leads to itself: name a file", e.getReason());
  }

  @Test
  void theFileBehindLinksIsReplacedAndTheLinksStay() throws IOException {
    Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
    Path real = Files.writeString(elsewhere.resolve("real"), "old");
    Files.createSymbolicLink(elsewhere.resolve("second"), Path.of("real"));
    Files.createSymbolicLink(target, Path.of("elsewhere/second"));
    assertThrows(
        FileAlreadyExistsException.class, () -> AtomicFile.create(target, OverwritePolicy.FAIL));
    try (AtomicFile file = AtomicFile.create(target, OverwritePolicy.REPLACE)) {
      write(file, "new");
      assertEquals("old", Files.readString(real));
      file.commit();
    }
    assertEquals("new", Files.readString(real, StandardCharsets.UTF_8));
    assertTrue(Files.isRegularFile(real, LinkOption.NOFOLLOW_LINKS));
    assertEquals(Path.of("elsewhere/second"), Files.readSymbolicLink(target));
    try (Stream<Path> left = Files.list(elsewhere)) {
      assertEquals(
          List.of("real", "second"), left.map(f -> "" + f.getFileName()).sorted().toList());
    }
  }

  @Test
  void folderOfTheTargetMustExist() {
    assertThrows(
        NotDirectoryException.class,
        () -> AtomicFile.create(folder.resolve("none/out.gguf"), OverwritePolicy.FAIL));
    NotDirectoryException relative =
        assertThrows(
            NotDirectoryException.class,
            () -> AtomicFile.create(Path.of("no such/out.gguf"), OverwritePolicy.FAIL));
    assertEquals("no such", relative.getFile());
  }

  private static void write(AtomicFile file, String text) throws IOException {
    file.channel().write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }
}
