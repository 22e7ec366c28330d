package dev.zonda.formats.output;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.AtomicFile;
import dev.zonda.formats.OutputPolicy;
import dev.zonda.formats.OutputRefusedException;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.PartialWork;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.journal.Journal;
import dev.zonda.formats.journal.RunIdentity;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/// What a later run makes of what an earlier one has left.
@ParameterizedClass
@EnumSource
class ResumedOutputTest {
  private static final List<List<TensorSpec>> GROUPS =
      List.of(List.of(tensor("a", 5), tensor("b", 64)), List.of(tensor("c", 7), tensor("d", 40)));

  private static final RunIdentity IDENTITY = RunIdentity.NONE.with("type", "I8");
  private static final OutputPolicy KEEP = new OutputPolicy(OverwritePolicy.FAIL, PartialWork.KEEP);
  private static final OutputPolicy RESUME =
      new OutputPolicy(OverwritePolicy.FAIL, PartialWork.RESUME);
  private static final OutputPolicy FORCE =
      new OutputPolicy(OverwritePolicy.REPLACE, PartialWork.REMOVE);

  @Parameter private SampleFormat format;
  @TempDir private Path folder;

  private SampleFormat.Planned planned;
  private FileSet set;
  private List<Path> files;
  private List<byte[]> expected;

  private static TensorSpec tensor(String name, int bytes) {
    return new TensorSpec(name, TensorType.I8, Shape.of(bytes));
  }

  @BeforeEach
  void writeInOneGo() throws IOException {
    Path whole = Files.createDirectory(folder.resolve("whole"));
    SampleFormat.Planned there = format.plan(GROUPS, whole);
    set = there.set();
    try (FileSetWriter writer =
        FileSetWriter.create(there.files(), set, OutputPolicy.CAREFUL, IDENTITY)) {
      set.tensors().forEach(tensor -> write(writer, tensor, 0, tensor.bytes()));
      writer.commit();
    }
    expected = read(there.files());
    planned = format.plan(GROUPS, Files.createDirectory(folder.resolve("resumed")));
    files = planned.files();
  }

  private static List<byte[]> read(List<Path> paths) throws IOException {
    List<byte[]> all = new ArrayList<>();
    for (Path path : paths) {
      all.add(Files.readAllBytes(path));
    }
    return all;
  }

  private static byte[] values(TensorInfo tensor) {
    byte[] bytes = new byte[(int) tensor.bytes()];
    new Random(tensor.name().charAt(0)).nextBytes(bytes);
    return bytes;
  }

  private static void write(FileSetWriter writer, TensorInfo tensor, long from, long to) {
    try {
      writer.write(
          tensor,
          from,
          MemorySegment.ofArray(Arrays.copyOfRange(values(tensor), (int) from, (int) to)));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private FileSetWriter open(OutputPolicy policy) throws IOException {
    return FileSetWriter.create(files, set, policy, IDENTITY);
  }

  private List<String> names() throws IOException {
    try (var all = Files.list(files.getFirst().getParent())) {
      return all.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private TensorInfo tensor(String name) {
    return planned.tensor(name);
  }

  /// A run that ends after some ranges.
  private void leave() throws IOException {
    try (FileSetWriter writer = open(KEEP)) {
      write(writer, tensor("b"), 0, 20);
      write(writer, tensor("b"), 20, 31);
      write(writer, tensor("b"), 50, 64);
      write(writer, tensor("a"), 0, 5);
      write(writer, tensor("d"), 0, 40);
      write(writer, tensor("c"), 0, 7);
    }
    assertEquals(5 - 2, names().size(), names().toString());
  }

  /// Writes what is missing, in chunks of another size.
  private long complete(int chunk) throws IOException {
    long written = 0;
    try (FileSetWriter writer = open(RESUME)) {
      if (writer.isResumed()) {
        writer.verify(_ -> {});
      }
      for (TensorInfo tensor : set.tensors()) {
        for (long from = 0; from < tensor.bytes(); from += chunk) {
          long bytes = Math.min(chunk, tensor.bytes() - from);
          if (!writer.has(tensor, from, bytes)) {
            write(writer, tensor, from, from + bytes);
            written += bytes;
          }
        }
      }
      writer.commit();
    }
    return written;
  }

  private void assertComplete() throws IOException {
    assertEquals(files.stream().map(f -> f.getFileName().toString()).sorted().toList(), names());
    List<byte[]> found = read(files);
    for (int i = 0; i < found.size(); i++) {
      assertArrayEquals(expected.get(i), found.get(i));
    }
  }

  @Test
  void onlyWhatIsMissingIsWritten() throws IOException {
    leave();
    assertEquals(64 - 20 - 11 - 14, complete(1));
    assertComplete();
  }

  @Test
  void chunksNeedNotBeThoseOfBefore() throws IOException {
    for (int chunk : new int[] {3, 10, 25, 64}) {
      leave();
      long written = complete(chunk);
      assertTrue(written >= 19 && written <= 64, chunk + ": " + written);
      assertComplete();
      for (Path file : files) {
        Files.delete(file);
      }
    }
  }

  /// Of a single file, the bytes are those of a writer without a journal.
  @Test
  void aSingleFileIsResumed() throws IOException {
    FileLayout layout = format.layout(GROUPS.stream().flatMap(List::stream).toList());
    Path whole = folder.resolve("whole file");
    try (TensorFile file = TensorFile.create(whole, layout, OverwritePolicy.FAIL)) {
      for (TensorInfo tensor : layout.tensors()) {
        file.write(tensor, 0, MemorySegment.ofArray(values(tensor)));
      }
      file.commit();
    }
    set = FileSet.of(layout);
    files = List.of(files.getFirst().resolveSibling("single"));
    expected = read(List.of(whole));
    try (FileSetWriter writer = open(KEEP)) {
      TensorInfo first = layout.tensors().getFirst();
      write(writer, first, 0, first.bytes());
      TensorInfo last = layout.tensors().getLast();
      write(writer, last, 0, 30);
    }
    assertEquals(List.of("single.journal", "single.partial"), names());
    assertEquals(64 + 7 + 10, complete(1));
    assertComplete();
  }

  @Test
  void damagedBytesAreWrittenAgain() throws IOException {
    leave();
    Path partial = AtomicFile.partialPath(planned.fileOf(tensor("b")));
    try (RandomAccessFile file = new RandomAccessFile(partial.toFile(), "rw")) {
      file.seek(tensor("b").offset() + 25);
      int old = file.read();
      file.seek(tensor("b").offset() + 25);
      file.write(old ^ 1);
    }
    assertEquals(19 + 11, complete(1));
    assertComplete();
  }

  /// No journal tells of them.
  @Test
  void damagedBytesBetweenTensorsAreWrittenAgain() throws IOException {
    leave();
    for (int i = 0; i < files.size(); i++) {
      Path partial = AtomicFile.partialPath(files.get(i));
      FileLayout layout = set.layouts().get(i);
      byte[] bytes = layout.tensors().isEmpty() ? new byte[0] : Files.readAllBytes(partial);
      int at = 0;
      for (TensorInfo tensor : layout.tensors()) {
        Arrays.fill(bytes, at, (int) tensor.offset(), (byte) 0x55);
        at = (int) (tensor.offset() + tensor.bytes());
      }
      byte[] longer = Arrays.copyOf(bytes, (int) layout.fileBytes());
      Arrays.fill(longer, at, longer.length, (byte) 0x55);
      Files.write(partial, longer);
    }
    assertEquals(19, complete(1));
    assertComplete();
  }

  @Test
  void aFileThatIsCutOffOrTooLongIsMended() throws IOException {
    leave();
    try (RandomAccessFile file =
        new RandomAccessFile(AtomicFile.partialPath(planned.fileOf(tensor("b"))).toFile(), "rw")) {
      file.setLength(tensor("b").offset() + 40);
    }
    try (RandomAccessFile file =
        new RandomAccessFile(AtomicFile.partialPath(files.getLast()).toFile(), "rw")) {
      file.setLength(1_000_000);
    }
    assertEquals(19 + 14, complete(1));
    assertComplete();
  }

  @Test
  void aMissingFileIsBegunAnew() throws IOException {
    leave();
    Files.delete(AtomicFile.partialPath(files.getLast()));
    assertEquals(19 + 7 + 40, complete(1));
    assertComplete();
  }

  /// The journal may end anywhere, and hold anything.
  @Test
  void whateverTheJournalLooksLikeTheBytesAreRight() throws IOException {
    leave();
    Path path = Journal.path(files.getFirst());
    byte[] journal = Files.readAllBytes(path);
    List<Path> begun = set.tensors().stream().map(planned::fileOf).distinct().toList();
    List<byte[]> partials = read(begun.stream().map(AtomicFile::partialPath).toList());
    Random random = new Random(20261122);
    for (int round = 0; round < 300; round++) {
      byte[] broken =
          round < journal.length ? Arrays.copyOf(journal, journal.length - round) : journal.clone();
      if (round % 3 > 0) {
        broken[random.nextInt(broken.length)] ^= (byte) (1 << random.nextInt(8));
      }
      Files.write(path, broken);
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
      for (int i = 0; i < begun.size(); i++) {
        Files.write(AtomicFile.partialPath(begun.get(i)), partials.get(i));
      }
      complete(8);
      assertComplete();
    }
  }

  @Test
  void afterTheJournalSaidSealedNamedFilesAreTakenAsTheyAre() throws IOException {
    for (int named = 0; named <= files.size(); named++) {
      leaveSealed(named);
      assertEquals(0, complete(64));
      assertComplete();
      for (Path file : files) {
        Files.delete(file);
      }
    }
  }

  @Test
  void aLinkWithoutTheLastStepIsNoForeignFile() throws IOException {
    leaveSealed(0);
    Files.createLink(files.getLast(), AtomicFile.partialPath(files.getLast()));
    // As if the run had been killed between giving the name and removing the old one.
    assertEquals(0, complete(64));
    assertComplete();
  }

  /// A run that was killed between the names of its files.
  private void leaveSealed(int named) throws IOException {
    try (FileSetWriter writer = open(KEEP)) {
      set.tensors().forEach(tensor -> write(writer, tensor, 0, tensor.bytes()));
      Files.createDirectory(files.getFirst());
      assertThrows(IOException.class, writer::commit);
      Files.delete(files.getFirst());
    }
    for (int i = 0; i < named; i++) {
      Path file = files.reversed().get(i);
      Files.move(AtomicFile.partialPath(file), file);
    }
  }

  @Test
  void someoneElsesFileIsNotTakenForOurs() throws IOException {
    leaveSealed(1);
    Files.writeString(files.getLast(), "precious");
    assertThrows(FileAlreadyExistsException.class, () -> complete(64));
    assertEquals("precious", Files.readString(files.getLast()));
  }

  /// Its tensors, if it has any, and its length are as they should be.
  @Test
  void aFileWithAnotherHeaderIsNotTakenForOurs() throws IOException {
    for (int i = 0; i < files.size(); i++) {
      leaveSealed(files.size());
      byte[] other = expected.get(i).clone();
      other[8] ^= 1;
      Files.write(files.get(i), other);
      assertThrows(FileAlreadyExistsException.class, () -> complete(64));
      assertArrayEquals(other, Files.readAllBytes(files.get(i)));
      for (String name : names()) {
        Files.delete(files.getFirst().resolveSibling(name));
      }
    }
  }

  @Test
  void otherFactsAreNamed() throws IOException {
    leave();
    OutputRefusedException e =
        assertThrows(
            OutputRefusedException.class,
            () ->
                FileSetWriter.create(files, set, RESUME, RunIdentity.NONE.with("type", "I16"))
                    .close());
    assertTrue(e.getMessage().contains("(type: then I8, now I16)"), e.getMessage());
    complete(64);
    assertComplete();
  }

  @Test
  void whatIsLeftIsNeitherOverwrittenNorRemovedUnasked() throws IOException {
    leave();
    List<String> before = names();
    OutputRefusedException e =
        assertThrows(OutputRefusedException.class, () -> open(OutputPolicy.CAREFUL));
    assertTrue(e.getMessage().contains("--resume"), e.getMessage());
    assertTrue(e.getMessage().contains(".partial exists"), e.getMessage());
    assertEquals(before, names());
    open(FORCE).close();
    assertEquals(List.of(), names());
  }

  @Test
  void aSecondRunIsRefusedWhileTheFirstIsAtWork() throws IOException {
    try (FileSetWriter first = open(OutputPolicy.CAREFUL)) {
      write(first, tensor("b"), 0, 64);
      for (OutputPolicy policy : List.of(OutputPolicy.CAREFUL, FORCE, KEEP, RESUME)) {
        OutputRefusedException e = assertThrows(OutputRefusedException.class, () -> open(policy));
        assertTrue(e.getMessage().startsWith("another run is writing "), e.getMessage());
      }
      write(first, tensor("a"), 0, 5);
      write(first, tensor("c"), 0, 7);
      write(first, tensor("d"), 0, 40);
      first.commit();
    }
    assertComplete();
  }

  @Test
  void aRefusalLeavesNothing() throws IOException {
    Files.writeString(files.getLast(), "precious");
    for (OutputPolicy policy : List.of(OutputPolicy.CAREFUL, KEEP, RESUME)) {
      assertThrows(FileAlreadyExistsException.class, () -> open(policy));
      assertEquals(List.of(files.getLast().getFileName().toString()), names());
    }
  }

  @Test
  void linksInThePlaceOfWorkingFilesAreNotFollowed() throws IOException {
    Path precious = Files.writeString(folder.resolve("precious"), "precious");
    for (Path working : FileSetWriter.workingFiles(files)) {
      Files.createSymbolicLink(working, precious);
      assertThrows(
          IOException.class,
          () -> {
            try (FileSetWriter writer = open(RESUME)) {
              set.tensors().forEach(tensor -> write(writer, tensor, 0, tensor.bytes()));
              writer.commit();
              throw new IOException("replaced the link");
            }
          });
      assertEquals("precious", Files.readString(precious));
      for (String name : names()) {
        Files.delete(files.getFirst().resolveSibling(name));
      }
    }
    assertFalse(Files.exists(files.getFirst()));
  }
}
