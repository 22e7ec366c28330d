package dev.zonda.formats.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.zonda.formats.AtomicFile;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorWriterTest {
  @TempDir Path folder;

  /// As on a full disk, the system says no without saying where.
  @Test
  void failureToWriteNamesTheFile() throws IOException {
    Path target = folder.resolve("out.gguf");
    TensorInfo beyond =
        new TensorInfo(new TensorSpec("x", TensorType.I8, Shape.of(8)), Long.MAX_VALUE - 3);
    try (AtomicFile file = AtomicFile.create(target, OverwritePolicy.FAIL)) {
      TensorWriter writer = new TensorWriter(file, List.of(beyond), 100);
      FileSystemException e =
          assertThrows(
              FileSystemException.class,
              () -> writer.write(beyond, 0, MemorySegment.ofArray(new byte[8])));
      assertEquals(target.toString(), e.getFile());
    }
  }
}
