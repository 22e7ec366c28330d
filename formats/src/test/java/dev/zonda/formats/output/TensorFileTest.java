package dev.zonda.formats.output;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource
class TensorFileTest {
  @Parameter private SampleFormat format;
  @TempDir private Path folder;

  private FileLayout layout;

  @BeforeEach
  void plan() {
    layout =
        format.layout(
            List.of(
                new TensorSpec("a", TensorType.F32, Shape.of(3)),
                new TensorSpec("b", TensorType.I8, Shape.of(40))));
  }

  @Test
  void writesOutsideOfATensorAreRefused() throws IOException {
    try (TensorFile file = create()) {
      TensorInfo tensor = layout.tensors().getFirst();
      MemorySegment bytes = MemorySegment.ofArray(new byte[8]);
      assertThrows(IllegalArgumentException.class, () -> file.write(tensor, 5, bytes));
      assertThrows(IllegalArgumentException.class, () -> file.write(tensor, -1, bytes));
      assertThrows(IllegalArgumentException.class, () -> file.write(tensor, Long.MAX_VALUE, bytes));
      TensorInfo moved = new TensorInfo(tensor.spec(), tensor.offset() + 32);
      assertThrows(IllegalArgumentException.class, () -> file.write(moved, 0, bytes));
    }
  }

  @Test
  void incompleteTensorsCannotBeCommitted() throws IOException {
    try (TensorFile file = create()) {
      file.write(layout.tensors().get(0), 0, MemorySegment.ofArray(new byte[12]));
      file.write(layout.tensors().get(1), 0, MemorySegment.ofArray(new byte[39]));
      IllegalStateException e = assertThrows(IllegalStateException.class, file::commit);
      assertEquals("39 of 40 bytes of 'b' were written", e.getMessage());
    }
    assertNothingIsLeft();
  }

  @Test
  void nothingIsLeftWithoutCommit() throws IOException {
    try (TensorFile file = create()) {
      file.write(layout.tensors().get(0), 0, MemorySegment.ofArray(new byte[12]));
    }
    assertNothingIsLeft();
  }

  @Test
  void manyThreadsWriteOneFile() throws IOException {
    int rows = 4096;
    int rowBytes = 1000;
    byte[] content = new byte[rows * rowBytes];
    new Random(3).nextBytes(content);
    FileLayout large =
        format.layout(List.of(new TensorSpec("x", TensorType.I8, Shape.of(rows, rowBytes))));
    Path target = folder.resolve("parallel");
    try (TensorFile file = TensorFile.create(target, large, OverwritePolicy.FAIL)) {
      IntStream.range(0, rows)
          .parallel()
          .forEach(row -> {
            try {
              long at = (long) row * rowBytes;
              file.write(
                  large.tensors().getFirst(),
                  at,
                  MemorySegment.ofArray(content).asSlice(at, rowBytes));
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
      file.commit();
    }
    try (Checkpoint file = format.open(target)) {
      assertArrayEquals(
          content, file.data(file.tensors().getFirst()).toArray(ValueLayout.JAVA_BYTE));
    }
  }

  @Test
  void memoryOfAnyKindIsWritten() throws IOException {
    float[] values = {1, 2, 3};
    Path target = folder.resolve("heap");
    try (TensorFile file = TensorFile.create(target, layout, OverwritePolicy.FAIL)) {
      file.write(layout.tensors().get(0), 0, MemorySegment.ofArray(values).asReadOnly());
      file.write(layout.tensors().get(1), 0, MemorySegment.ofArray(new byte[40]));
      file.commit();
    }
    try (Checkpoint file = format.open(target)) {
      assertArrayEquals(
          values, file.data(file.tensors().getFirst()).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED));
    }
  }

  /// As on a full disk, the system says no without saying where.
  @Test
  void failureToWriteNamesTheFile() throws IOException {
    Path target = folder.resolve("out");
    TensorInfo beyond =
        new TensorInfo(new TensorSpec("x", TensorType.I8, Shape.of(8)), Long.MAX_VALUE - 8);
    FileLayout impossible =
        new FileLayout() {
          @Override
          public List<TensorInfo> tensors() {
            return List.of(beyond);
          }

          @Override
          public long fileBytes() {
            return Long.MAX_VALUE;
          }

          @Override
          public void writeHeader(OutputStream out) throws IOException {
            out.write(new byte[8]);
          }
        };
    try (TensorFile file = TensorFile.create(target, impossible, OverwritePolicy.FAIL)) {
      FileSystemException e =
          assertThrows(
              FileSystemException.class,
              () -> file.write(beyond, 0, MemorySegment.ofArray(new byte[8])));
      assertEquals(target.toString(), e.getFile());
    }
    assertNothingIsLeft();
  }

  private TensorFile create() throws IOException {
    return TensorFile.create(folder.resolve("out"), layout, OverwritePolicy.FAIL);
  }

  private void assertNothingIsLeft() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      assertTrue(files.findAny().isEmpty());
    }
  }
}
