package dev.zonda.formats.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorType;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// Files that PyTorch wrote, against what PyTorch reads from them.
class TorchFileTest {
  private static final Path GOLDEN = TestData.path("golden/torch");
  private static final Map<String, TensorType> TYPES =
      Map.ofEntries(
          Map.entry("plain", TensorType.F32),
          Map.entry("bf16", TensorType.BF16),
          Map.entry("f16", TensorType.F16),
          Map.entry("bool", TensorType.BOOL),
          Map.entry("i64", TensorType.I64),
          Map.entry("parameter", TensorType.F64),
          Map.entry("u8", TensorType.U8),
          Map.entry("e4m3", TensorType.F8_E4M3),
          Map.entry("e4m3fnuz", TensorType.F8_E4M3FNUZ),
          Map.entry("e5m2", TensorType.F8_E5M2));

  @ParameterizedTest
  @ValueSource(strings = {"zip.pt", "legacy.pt", "protocol4.pt", "float8.pt"})
  void valuesAreThoseThatTorchReads(String name) throws IOException {
    JsonNode expected =
        new ObjectMapper().readTree(Files.readString(GOLDEN.resolve("expected.json"))).get(name);
    try (TorchFile file = TorchFile.open(GOLDEN.resolve(name))) {
      assertEquals(
          expected.valueStream().map(entry -> entry.get("name").asString()).toList(),
          file.tensors().stream().map(TensorInfo::name).toList());
      for (JsonNode entry : expected) {
        TensorInfo tensor = file.find(entry.get("name").asString()).orElseThrow();
        byte[] bytes = file.data(tensor).toArray(ValueLayout.JAVA_BYTE);
        assertEquals(shape(entry.get("shape")), tensor.shape(), tensor.name());
        assertEquals(entry.get("sha256").asString(), sha256(bytes), tensor.name());
        assertEquals(
            TYPES.getOrDefault(tensor.name(), TensorType.F32), tensor.type(), tensor.name());
        assertArrayEquals(bytes, inParts(file, tensor), tensor.name());
      }
    }
  }

  @Test
  void stridedTensorsAreReadIntoTheScratch() throws IOException {
    try (TorchFile file = TorchFile.open(GOLDEN.resolve("zip.pt"))) {
      TensorInfo transposed = file.find("transposed").orElseThrow();
      MemorySegment scratch = MemorySegment.ofArray(new byte[64]);
      MemorySegment row = file.data(transposed, 16, 16, scratch);
      assertTrue(row.heapBase().isPresent());
      // The matrix counts from 0 to 23 in rows of six; its second column is 1, 7, 13, 19.
      assertArrayEquals(new float[] {1, 7, 13, 19}, row.toArray(ValueLayout.JAVA_FLOAT_UNALIGNED));
    }
  }

  @Test
  void formsAreNamed() throws IOException {
    try (TorchFile zip = TorchFile.open(GOLDEN.resolve("zip.pt"));
        TorchFile legacy = TorchFile.open(GOLDEN.resolve("legacy.pt"))) {
      assertEquals("PyTorch", zip.format());
      assertEquals("PyTorch (legacy)", legacy.format());
    }
  }

  /// In pieces that begin and end within rows.
  private static byte[] inParts(TorchFile file, TensorInfo tensor) {
    byte[] whole = new byte[(int) tensor.bytes()];
    int step = 5 * tensor.type().blockBytes();
    for (int at = 0; at < whole.length; at += step) {
      int length = Math.min(step, whole.length - at);
      MemorySegment part = file.data(tensor, at, length, MemorySegment.ofArray(new byte[length]));
      MemorySegment.copy(part, ValueLayout.JAVA_BYTE, 0, whole, at, length);
    }
    return whole;
  }

  private static Shape shape(JsonNode dimensions) {
    List<Long> numbers = new ArrayList<>();
    dimensions.forEach(dimension -> numbers.add(dimension.asLong()));
    return Shape.of(numbers.stream().mapToLong(Long::longValue).toArray());
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
