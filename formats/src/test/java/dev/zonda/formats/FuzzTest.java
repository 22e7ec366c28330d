package dev.zonda.formats;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.formats.gguf.GgufSamples;
import dev.zonda.formats.safetensors.SafetensorsFile;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Damaged files by the thousand, with fixed seeds: each is either read whole or refused with a
/// [FormatException], in memory that is in proportion to its size.
class FuzzTest {
  private static final int FILES = 1200;

  @TempDir Path folder;

  @Test
  void gguf() throws IOException {
    fuzz(GgufSamples.all(), GgufFile::open);
  }

  @Test
  void safetensors() throws IOException {
    fuzz(safetensorsSamples(), SafetensorsFile::open);
  }

  @FunctionalInterface
  private interface Opener {
    Checkpoint open(Path path) throws IOException;
  }

  private void fuzz(List<byte[]> samples, Opener opener) throws IOException {
    Path path = folder.resolve("damaged");
    int accepted = 0;
    for (int seed = 0; seed < FILES; seed++) {
      byte[] damaged = new Mutations(seed).damage(samples.get(seed % samples.size()));
      Files.write(path, damaged);
      try {
        boolean refused =
            Hostile.open(path, damaged.length, file -> readWhole(opener, file)).isPresent();
        accepted += refused ? 0 : 1;
      } catch (RuntimeException | Error e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
    // Were all of them refused, the damage would be too coarse to reach the finer checks.
    assertTrue(accepted > FILES / 100 && accepted < FILES / 2, accepted + " accepted");
  }

  private static void readWhole(Opener opener, Path path) throws IOException {
    try (Checkpoint checkpoint = opener.open(path)) {
      assertTrue(checkpoint.metadata().toString().length() + visit(checkpoint.metadata()) >= 0);
      for (TensorInfo tensor : checkpoint.tensors()) {
        long bytes = checkpoint.data(tensor).byteSize();
        if (bytes > 0) {
          checkpoint.data(tensor).get(ValueLayout.JAVA_BYTE, bytes - 1);
        }
      }
    }
  }

  /// Goes through all values, so that those which are decoded late are decoded.
  private static long visit(Metadata metadata) {
    return metadata.entries().values().stream().mapToLong(FuzzTest::visit).sum();
  }

  private static long visit(MetadataValue value) {
    return switch (value) {
      case MetadataValue.Array array -> array.values().stream().mapToLong(FuzzTest::visit).sum();
      case MetadataValue.Text(String text) -> text.length();
      default -> 1;
    };
  }

  /// A small file, and the headers of real ones with as much data as they need.
  private static List<byte[]> safetensorsSamples() throws IOException {
    String small =
        """
        {"__metadata__":{"format":"pt"},"a":{"dtype":"F16","shape":[2,3],"data_offsets":[4,16]},\
        "b":{"dtype":"F32","shape":[],"data_offsets":[0,4]},\
        "c":{"dtype":"I64","shape":[0,7],"data_offsets":[16,16]}}\
        """;
    byte[] header = small.getBytes(StandardCharsets.UTF_8);
    byte[] file =
        ByteBuffer.allocate(8 + header.length + 16)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(header.length)
            .put(header)
            .array();
    byte[] real = Files.readAllBytes(TestData.path("zoo/mistral_swa/hf/model.safetensors"));
    long dataOffset = 8 + ByteBuffer.wrap(real).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    byte[] headerOnly = Arrays.copyOf(real, Math.toIntExact(dataOffset));
    return List.of(file, file, file, headerOnly);
  }
}
