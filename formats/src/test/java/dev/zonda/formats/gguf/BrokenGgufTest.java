package dev.zonda.formats.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Hostile;
import dev.zonda.formats.MetadataType;
import dev.zonda.formats.TensorType;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BrokenGgufTest {
  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource
  void isRefused(BrokenGguf broken) throws IOException {
    String message = refusal(broken.bytes());
    assertTrue(message.startsWith(folder.resolve("broken.gguf").toString()), message);
    assertTrue(message.contains(broken.expected()), message);
  }

  @Test
  void anyTruncationIsRefused() throws IOException {
    for (ByteOrder order : new ByteOrder[] {ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN}) {
      byte[] whole = GgufBytes.small(order, 3).toBytes();
      for (int length = 0; length < whole.length; length++) {
        refusal(Arrays.copyOf(whole, length));
      }
    }
  }

  @Test
  void faultKnowsFileAndOffset() throws IOException {
    Path file = write(BrokenGguf.KEY_TYPE_UNKNOWN.bytes());
    FormatException fault = assertThrows(FormatException.class, () -> GgufFile.open(file));
    assertEquals(file, fault.file());
    assertEquals(24 + 8 + 1, fault.offset().orElseThrow());
  }

  @Test
  void messageHidesWhatTerminalsObey() throws IOException {
    byte[] bytes =
        GgufBytes.start(1, 0)
            .tensor("\u001b[2J\nerror\u0085\u009b\u202e", TensorType.F32, 1, 8)
            .align(32)
            .zeros(64)
            .toBytes();
    String message = refusal(bytes);
    assertTrue(message.contains("tensor '?[2J?error???'"), message);
  }

  @Test
  void headerBeyondLimitIsRefusedInBoundedTimeAndMemory() throws IOException {
    // A sparse file: 300 MB of empty strings, which would be gigabytes of objects.
    Path file =
        write(
            GgufBytes.start(0, 1)
                .key("a", MetadataType.ARRAY)
                .array(MetadataType.STRING, 30_000_000)
                .toBytes());
    try (RandomAccessFile extended = new RandomAccessFile(file.toFile(), "rw")) {
      extended.setLength(300_000_000);
    }
    String message =
        assertTimeoutPreemptively(Duration.ofSeconds(10), () -> refusal(file, 1L << 22));
    assertTrue(message.contains("134217728 that a header may take"), message);
  }

  @Test
  void folderMissingFileAndDeviceAreToldApart() throws IOException {
    assertThrows(NoSuchFileException.class, () -> GgufFile.open(folder.resolve("none.gguf")));
    Path subfolder = Files.createDirectory(folder.resolve("model.gguf"));
    FormatException fault = assertThrows(FormatException.class, () -> GgufFile.open(subfolder));
    assertEquals(subfolder + ": is a folder, expected a file", fault.getMessage());
  }

  @Test
  void fileIsReleasedAfterRefusal() throws IOException {
    Path file = write(BrokenGguf.BAD_MAGIC.bytes());
    assertThrows(FormatException.class, () -> GgufFile.open(file));
    Path maps = Path.of("/proc/self/maps");
    if (Files.exists(maps)) {
      assertTrue(Files.readString(maps).lines().noneMatch(line -> line.contains(file.toString())));
    }
  }

  private String refusal(byte[] bytes) throws IOException {
    return refusal(write(bytes), bytes.length);
  }

  private static String refusal(Path file, long bytes) throws IOException {
    return Hostile.open(file, bytes, path -> GgufFile.open(path).close())
        .map(Throwable::getMessage)
        .orElseThrow(() -> new AssertionError(file + " was accepted"));
  }

  private Path write(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("broken.gguf"), bytes);
  }
}
