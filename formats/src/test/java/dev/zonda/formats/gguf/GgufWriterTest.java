package dev.zonda.formats.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufWriterTest {
  private static final GgufLayout LAYOUT =
      GgufLayout.plan(
          Metadata.builder().putText("general.architecture", "llama").build(),
          List.of(
              new TensorSpec("a", TensorType.F32, Shape.of(3)),
              new TensorSpec("b", TensorType.I8, Shape.of(40))));

  @TempDir Path folder;

  @Test
  void writesOutsideOfATensorAreRefused() throws IOException {
    try (GgufWriter writer = create()) {
      TensorInfo tensor = LAYOUT.tensors().getFirst();
      MemorySegment bytes = MemorySegment.ofArray(new byte[8]);
      assertThrows(IllegalArgumentException.class, () -> writer.write(tensor, 5, bytes));
      assertThrows(IllegalArgumentException.class, () -> writer.write(tensor, -1, bytes));
      assertThrows(
          IllegalArgumentException.class, () -> writer.write(tensor, Long.MAX_VALUE, bytes));
      TensorInfo moved = new TensorInfo(tensor.spec(), tensor.offset() + 32);
      assertThrows(IllegalArgumentException.class, () -> writer.write(moved, 0, bytes));
    }
  }

  @Test
  void incompleteTensorsCannotBeCommitted() throws IOException {
    try (GgufWriter writer = create()) {
      writer.write(LAYOUT.tensors().get(0), 0, MemorySegment.ofArray(new byte[12]));
      writer.write(LAYOUT.tensors().get(1), 0, MemorySegment.ofArray(new byte[39]));
      IllegalStateException e = assertThrows(IllegalStateException.class, writer::commit);
      assertEquals("39 of 40 bytes of 'b' were written", e.getMessage());
    }
    assertNothingIsLeft();
  }

  @Test
  void nothingIsLeftWithoutCommit() throws IOException {
    try (GgufWriter writer = create()) {
      writer.write(LAYOUT.tensors().get(0), 0, MemorySegment.ofArray(new byte[12]));
    }
    assertNothingIsLeft();
  }

  @Test
  void manyThreadsWriteOneFile() throws IOException {
    int rows = 4096;
    int rowBytes = 1000;
    byte[] content = new byte[rows * rowBytes];
    new Random(3).nextBytes(content);
    GgufLayout layout =
        GgufLayout.plan(
            Metadata.empty(),
            List.of(new TensorSpec("x", TensorType.I8, Shape.of(rows, rowBytes))));
    Path target = folder.resolve("parallel.gguf");
    try (GgufWriter writer = GgufWriter.create(target, layout, OverwritePolicy.FAIL)) {
      IntStream.range(0, rows)
          .parallel()
          .forEach(row -> {
            try {
              long at = (long) row * rowBytes;
              writer.write(
                  layout.tensors().getFirst(),
                  at,
                  MemorySegment.ofArray(content).asSlice(at, rowBytes));
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
      writer.commit();
    }
    try (GgufFile file = GgufFile.open(target)) {
      assertArrayEquals(
          content, file.data(file.tensors().getFirst()).toArray(ValueLayout.JAVA_BYTE));
    }
  }

  @Test
  void memoryOfAnyKindIsWritten() throws IOException {
    float[] values = {1, 2, 3};
    Path target = folder.resolve("heap.gguf");
    try (GgufWriter writer = GgufWriter.create(target, LAYOUT, OverwritePolicy.FAIL)) {
      writer.write(LAYOUT.tensors().get(0), 0, MemorySegment.ofArray(values).asReadOnly());
      writer.write(LAYOUT.tensors().get(1), 0, MemorySegment.ofArray(new byte[40]));
      writer.commit();
    }
    try (GgufFile file = GgufFile.open(target)) {
      assertArrayEquals(
          values, file.data(file.tensors().getFirst()).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED));
    }
  }

  @Test
  void alignmentThatReadersRefuseIsNotPlanned() {
    Metadata odd = Metadata.builder().putUint32(GgufLayout.ALIGNMENT_KEY, 33).build();
    assertThrows(IllegalArgumentException.class, () -> GgufLayout.plan(odd, List.of()));
    Metadata wide =
        Metadata.builder().put(GgufLayout.ALIGNMENT_KEY, new MetadataValue.Uint64(32)).build();
    assertThrows(IllegalArgumentException.class, () -> GgufLayout.plan(wide, List.of()));
  }

  private GgufWriter create() throws IOException {
    return GgufWriter.create(folder.resolve("out.gguf"), LAYOUT, OverwritePolicy.FAIL);
  }

  private void assertNothingIsLeft() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      assertTrue(files.findAny().isEmpty());
    }
  }
}
