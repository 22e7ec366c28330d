package dev.zonda.formats.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.zonda.formats.AtomicFile;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.gguf.SplitPlan.FirstFile;
import dev.zonda.formats.journal.Journal;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SplitWriterTest {
  private static final SplitPlan PLAN =
      SplitPlan.of(
          Metadata.empty(),
          List.of(tensor("a"), tensor("b"), tensor("c")),
          new SplitLimit.MostTensors(1),
          FirstFile.METADATA_AND_TENSORS);

  @TempDir private Path folder;

  private Path prefix;
  private List<Path> files;

  private static TensorSpec tensor(String name) {
    return new TensorSpec(name, TensorType.I8, Shape.of(2, 2));
  }

  @BeforeEach
  void nameFiles() {
    prefix = folder.resolve("m");
    files = PLAN.files(prefix);
  }

  private List<Path> existing() throws IOException {
    try (var all = Files.list(folder)) {
      return all.sorted().toList();
    }
  }

  private static void writeAll(SplitWriter writer) throws IOException {
    for (TensorInfo tensor : PLAN.tensors().reversed()) {
      writer.write(tensor, 2, MemorySegment.ofArray(new byte[] {3, 4}));
      writer.write(tensor, 0, MemorySegment.ofArray(new byte[] {1, 2}));
    }
  }

  @Test
  void filesAppearTogether() throws IOException {
    try (SplitWriter writer = SplitWriter.create(prefix, PLAN, OverwritePolicy.FAIL)) {
      assertEquals(List.of(Journal.path(files.getFirst())), existing());
      writeAll(writer);
      assertEquals(
          Stream.concat(
                  Stream.of(Journal.path(files.getFirst())),
                  files.stream().map(AtomicFile::partialPath))
              .sorted()
              .toList(),
          existing());
      writer.commit();
    }
    assertEquals(files, existing());
    try (GgufFile model = GgufFile.open(files.getFirst())) {
      assertEquals(
          List.of(List.of("a"), List.of("b"), List.of("c")),
          model.tensorsByFile().stream()
              .map(tensors -> tensors.stream().map(TensorInfo::name).toList())
              .toList());
      for (TensorInfo tensor : model.tensors()) {
        assertEquals(
            -1, model.data(tensor).mismatch(MemorySegment.ofArray(new byte[] {1, 2, 3, 4})));
      }
    }
  }

  @Test
  void withoutACommitNothingRemains() throws IOException {
    try (SplitWriter writer = SplitWriter.create(prefix, PLAN, OverwritePolicy.FAIL)) {
      writeAll(writer);
    }
    assertEquals(List.of(), existing());
  }

  @Test
  void aMissingByteLeavesNothing() throws IOException {
    try (SplitWriter writer = SplitWriter.create(prefix, PLAN, OverwritePolicy.FAIL)) {
      writer.write(PLAN.tensors().getFirst(), 0, MemorySegment.ofArray(new byte[] {1, 2, 3, 4}));
      writer.write(PLAN.tensors().getLast(), 0, MemorySegment.ofArray(new byte[] {1, 2, 3}));
      assertThrows(IllegalStateException.class, writer::commit);
    }
    assertEquals(List.of(), existing());
  }

  @Test
  void afterAFailureAtTheLastNameNoneIsLeft() throws IOException {
    try (SplitWriter writer = SplitWriter.create(prefix, PLAN, OverwritePolicy.FAIL)) {
      writeAll(writer);
      Files.writeString(files.getFirst(), "precious");
      assertThrows(FileAlreadyExistsException.class, writer::commit);
    }
    assertEquals(List.of(files.getFirst()), existing());
    assertEquals("precious", Files.readString(files.getFirst()));
  }

  @Test
  void replacedFilesNeverMixWithOldOnes() throws IOException {
    for (Path file : files) {
      Files.writeString(file, "old");
    }
    try (SplitWriter writer = SplitWriter.create(prefix, PLAN, OverwritePolicy.REPLACE)) {
      writeAll(writer);
      Files.delete(files.get(1));
      Files.createDirectories(files.get(1).resolve("in the way"));
      assertThrows(FileSystemException.class, writer::commit);
    }
    // Neither the old first file, which would take a new one for its own, nor any new one.
    assertEquals(List.of(files.get(1)), existing());
    Files.delete(files.get(1).resolve("in the way"));
    Files.delete(files.get(1));
    try (SplitWriter writer = SplitWriter.create(prefix, PLAN, OverwritePolicy.REPLACE)) {
      writeAll(writer);
      writer.commit();
    }
    assertEquals(files, existing());
  }

  @Test
  void whatCannotBeCreatedIsSaidBeforeAnythingIsWritten() throws IOException {
    Files.writeString(files.getLast(), "precious");
    assertThrows(
        FileAlreadyExistsException.class,
        () -> SplitWriter.create(prefix, PLAN, OverwritePolicy.FAIL));
    assertThrows(
        NotDirectoryException.class,
        () -> SplitWriter.create(folder.resolve("none/m"), PLAN, OverwritePolicy.FAIL));
    assertEquals(List.of(files.getLast()), existing());
  }
}
