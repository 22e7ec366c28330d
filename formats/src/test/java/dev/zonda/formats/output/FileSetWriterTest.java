package dev.zonda.formats.output;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.zonda.formats.AtomicFile;
import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.OutputPolicy;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.PartialWork;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.journal.Journal;
import dev.zonda.formats.journal.RunIdentity;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource
class FileSetWriterTest {
  private static final List<List<TensorSpec>> GROUPS =
      List.of(List.of(tensor("a")), List.of(tensor("b")), List.of(tensor("c")));

  @Parameter private SampleFormat format;
  @TempDir private Path folder;

  private SampleFormat.Planned planned;
  private FileSet set;
  private List<Path> files;

  private static TensorSpec tensor(String name) {
    return new TensorSpec(name, TensorType.I8, Shape.of(2, 2));
  }

  @BeforeEach
  void plan() {
    planned = format.plan(GROUPS, folder);
    set = planned.set();
    files = planned.files();
  }

  private FileSetWriter create(OverwritePolicy policy) throws IOException {
    return FileSetWriter.create(
        files, set, new OutputPolicy(policy, PartialWork.REMOVE), RunIdentity.NONE);
  }

  private List<Path> existing() throws IOException {
    try (var all = Files.list(folder)) {
      return all.sorted().toList();
    }
  }

  private void writeAll(FileSetWriter writer) throws IOException {
    for (TensorInfo tensor : set.tensors().reversed()) {
      writer.write(tensor, 2, MemorySegment.ofArray(new byte[] {3, 4}));
      writer.write(tensor, 0, MemorySegment.ofArray(new byte[] {1, 2}));
    }
  }

  @Test
  void filesAppearTogether() throws IOException {
    try (FileSetWriter writer = create(OverwritePolicy.FAIL)) {
      assertEquals(List.of(Journal.path(files.getFirst())), existing());
      writeAll(writer);
      // A file without tensors, as an index is, comes at the end.
      List<Path> working = new ArrayList<>(List.of(Journal.path(files.getFirst())));
      for (TensorInfo tensor : set.tensors()) {
        working.add(AtomicFile.partialPath(planned.fileOf(tensor)));
      }
      assertEquals(working.stream().sorted().toList(), existing());
      writer.commit();
    }
    assertEquals(files.stream().sorted().toList(), existing());
    try (Checkpoint model = planned.open()) {
      assertEquals(set.tensors(), model.tensors());
      for (TensorInfo tensor : model.tensors()) {
        assertEquals(
            -1, model.data(tensor).mismatch(MemorySegment.ofArray(new byte[] {1, 2, 3, 4})));
      }
    }
  }

  @Test
  void withoutACommitNothingRemains() throws IOException {
    try (FileSetWriter writer = create(OverwritePolicy.FAIL)) {
      writeAll(writer);
    }
    assertEquals(List.of(), existing());
  }

  @Test
  void aMissingByteLeavesNothing() throws IOException {
    try (FileSetWriter writer = create(OverwritePolicy.FAIL)) {
      writer.write(set.tensors().getFirst(), 0, MemorySegment.ofArray(new byte[] {1, 2, 3, 4}));
      writer.write(set.tensors().getLast(), 0, MemorySegment.ofArray(new byte[] {1, 2, 3}));
      assertThrows(IllegalStateException.class, writer::commit);
    }
    assertEquals(List.of(), existing());
  }

  @Test
  void afterAFailureAtTheLastNameNoneIsLeft() throws IOException {
    try (FileSetWriter writer = create(OverwritePolicy.FAIL)) {
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
    try (FileSetWriter writer = create(OverwritePolicy.REPLACE)) {
      writeAll(writer);
      Files.delete(files.get(1));
      Files.createDirectories(files.get(1).resolve("in the way"));
      assertThrows(FileSystemException.class, writer::commit);
    }
    // Neither the old first file, which would take a new one for its own, nor any new one.
    assertEquals(List.of(files.get(1)), existing());
    Files.delete(files.get(1).resolve("in the way"));
    Files.delete(files.get(1));
    try (FileSetWriter writer = create(OverwritePolicy.REPLACE)) {
      writeAll(writer);
      writer.commit();
    }
    assertEquals(files.stream().sorted().toList(), existing());
  }

  @Test
  void whatCannotBeCreatedIsSaidBeforeAnythingIsWritten() throws IOException {
    Files.writeString(files.getLast(), "precious");
    assertThrows(FileAlreadyExistsException.class, () -> create(OverwritePolicy.FAIL));
    assertThrows(
        NotDirectoryException.class,
        () ->
            FileSetWriter.create(
                format.plan(GROUPS, folder.resolve("none")).files(),
                set,
                OutputPolicy.CAREFUL,
                RunIdentity.NONE));
    assertEquals(List.of(files.getLast()), existing());
  }

  @Test
  void aSetHasANameForEachFileAndEachTensorOnce() {
    assertThrows(
        IllegalArgumentException.class,
        () ->
            FileSetWriter.create(
                files.subList(1, files.size()), set, OutputPolicy.CAREFUL, RunIdentity.NONE));
    FileLayout layout = format.layout(List.of(tensor("a")));
    assertThrows(IllegalArgumentException.class, () -> new FileSet(List.of(layout, layout)));
    assertThrows(IllegalArgumentException.class, () -> new FileSet(List.of()));
  }
}
