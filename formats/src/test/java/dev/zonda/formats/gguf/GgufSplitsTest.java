package dev.zonda.formats.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.output.TensorFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufSplitsTest {
  @TempDir Path folder;

  @BeforeEach
  void writeThreeParts() throws IOException {
    part(1, 3, 2, "");
    part(2, 3, 2, "a");
    part(3, 3, 2, "b");
  }

  @Test
  void firstBringsTheOthers() throws IOException {
    try (GgufFile file = GgufFile.open(name(1, 3))) {
      assertEquals(List.of("a", "b"), file.tensors().stream().map(TensorInfo::name).toList());
      assertEquals("llama", file.metadata().text("general.architecture").orElseThrow());
      assertEquals(List.of(name(1, 3), name(2, 3), name(3, 3)), file.files());
      for (TensorInfo tensor : file.tensors()) {
        assertArrayEquals(
            new byte[] {(byte) tensor.name().charAt(0)},
            file.data(tensor).toArray(ValueLayout.JAVA_BYTE));
      }
    }
  }

  @Test
  void otherThanFirstSaysWhichToOpen() {
    assertRefused(
        name(2, 3),
        "is file 2 of 3 of a split model: give the first file, whose name ends in -00001-of-00003.gguf");
  }

  @Test
  void missingPartIsNamed() throws IOException {
    Files.delete(name(3, 3));
    assertRefused(name(1, 3), "is the first of 3 files, but m-00003-of-00003.gguf is missing");
  }

  @Test
  void partWithAnotherNumberIsRefused() throws IOException {
    Files.copy(name(3, 3), name(2, 3), StandardCopyOption.REPLACE_EXISTING);
    assertRefused(name(1, 3), "split.no and split.count do not say that it is file 2 of 3");
  }

  @Test
  void nameThatDoesNotFitIsRefused() throws IOException {
    Path renamed = Files.move(name(1, 3), folder.resolve("other.gguf"));
    assertRefused(renamed, "so its name must end in -00001-of-00003.gguf");
  }

  @Test
  void wrongNumberOfTensorsIsRefused() throws IOException {
    part(1, 3, 5, "");
    assertRefused(name(1, 3), "split.tensors.count is 5, but the files hold 2 tensors");
  }

  @Test
  void tensorInTwoPartsIsRefused() throws IOException {
    part(3, 3, 2, "a");
    assertRefused(name(1, 3), "tensor 'a' is also in an earlier file");
  }

  private static void assertRefused(Path path, String expected) {
    FormatException e = assertThrows(FormatException.class, () -> GgufFile.open(path));
    assertTrue(e.getMessage().endsWith(expected), e.getMessage());
  }

  private Path name(int number, int count) {
    return folder.resolve("m-%05d-of-%05d.gguf".formatted(number, count));
  }

  /// Writes one part, with a tensor of one byte (its name) if it has a name.
  private void part(int number, int count, int tensorsInAll, String tensor) throws IOException {
    Metadata.Builder metadata = Metadata.builder();
    if (number == 1) {
      metadata.putText("general.architecture", "llama");
    }
    metadata
        .put(GgufSplits.NUMBER, new MetadataValue.Uint16(number - 1))
        .put(GgufSplits.COUNT, new MetadataValue.Uint16(count))
        .put(GgufSplits.TENSORS, new MetadataValue.Int32(tensorsInAll));
    List<TensorSpec> specs =
        tensor.isEmpty() ? List.of() : List.of(new TensorSpec(tensor, TensorType.I8, Shape.of(1)));
    GgufLayout layout = GgufLayout.plan(metadata.build(), specs);
    try (TensorFile writer =
        TensorFile.create(name(number, count), layout, OverwritePolicy.REPLACE)) {
      for (TensorInfo info : layout.tensors()) {
        writer.write(info, 0, MemorySegment.ofArray(new byte[] {(byte) tensor.charAt(0)}));
      }
      writer.commit();
    }
  }
}
