package dev.zonda.quantize.block;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.zonda.formats.TensorType;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// The reference's blocks for twenty rows of 1024 values, each row of a different kind.
final class GoldenBlocks {
  static final int COLUMNS = 1024;

  private static final JsonNode INDEX =
      new ObjectMapper().readTree(TestData.path("golden/blocks/index.json").toFile());

  private GoldenBlocks() {}

  static List<String> rowKinds() {
    List<String> kinds = new ArrayList<>();
    INDEX.get("row_kinds").forEach(kind -> kinds.add(kind.asString()));
    return kinds;
  }

  static float[] input() {
    return floats("input.f32");
  }

  static Importance importance() {
    return new Importance.Columns(floats("imatrix.f32"));
  }

  /// The file of one type.
  ///
  /// @param suffix empty, or `.imatrix`
  static Optional<Golden> of(TensorType type, String suffix) {
    JsonNode entry = INDEX.get("types").get(type.name());
    if (entry == null || !entry.has("sha256" + suffix)) {
      return Optional.empty();
    }
    return Optional.of(
        new Golden(
            bytes(type + suffix + ".bin"),
            entry.get("sha256" + suffix).asString(),
            entry.get("dequantized_sha256" + suffix).asString()));
  }

  /// @param bytes the blocks
  /// @param sha256 of the blocks
  /// @param dequantizedSha256 of the floats they stand for
  @SuppressWarnings("ArrayRecordComponent") // Never compared as a whole.
  record Golden(byte[] bytes, String sha256, String dequantizedSha256) {}

  private static float[] floats(String file) {
    byte[] bytes = bytes(file);
    float[] floats = new float[bytes.length / Float.BYTES];
    ByteBuffer.wrap(bytes).order(LITTLE_ENDIAN).asFloatBuffer().get(floats);
    return floats;
  }

  private static byte[] bytes(String file) {
    try {
      return Files.readAllBytes(TestData.path("golden/blocks/" + file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
