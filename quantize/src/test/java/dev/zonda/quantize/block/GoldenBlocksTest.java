package dev.zonda.quantize.block;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.kernel.ScalarKernels;
import dev.zonda.quantize.kernel.VectorKernels;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Every codec gives the reference's bytes, row kind by row kind, and reads them as it does.
class GoldenBlocksTest {
  private static final float[] INPUT = GoldenBlocks.input();

  /// A codec and what makes it worth its own line in the report.
  private record Variant(String name, Codec codec) {}

  private static Stream<Variant> variants() {
    return Stream.of(TensorType.values())
        .flatMap(type ->
            Stream.concat(
                Codecs.of(type, new ScalarKernels())
                    .map(c -> new Variant(type + " scalar", c))
                    .stream(),
                Codecs.of(type, new VectorKernels())
                    .map(c -> new Variant(type + " vector", c))
                    .stream()));
  }

  /// What has no golden bytes is compared with nothing.
  @TestFactory
  Stream<DynamicTest> everyCodecHasGoldenBytes() {
    return variants()
        .map(Variant::codec)
        .filter(codec -> codec.type() != TensorType.F32)
        .map(codec ->
            dynamicTest(
                codec.type().name(),
                () -> {
                  assertTrue(
                      codec.requiresImportance() || GoldenBlocks.of(codec.type(), "").isPresent(),
                      "no bytes without weights in testdata/golden/blocks");
                  assertTrue(
                      !codec.takesImportance()
                          || GoldenBlocks.of(codec.type(), ".imatrix").isPresent(),
                      "no bytes with weights in testdata/golden/blocks");
                }));
  }

  @TestFactory
  Stream<DynamicContainer> quantizes() {
    return variants()
        .flatMap(variant ->
            Stream.of(
                quantizes(variant, "", Importance.NONE),
                quantizes(variant, ".imatrix", GoldenBlocks.importance())));
  }

  private static DynamicContainer quantizes(Variant variant, String suffix, Importance importance) {
    Codec codec = variant.codec();
    int rowBytes = (int) codec.type().byteSize(GoldenBlocks.COLUMNS);
    List<DynamicNode> tests = new ArrayList<>();
    GoldenBlocks.of(codec.type(), suffix)
        .ifPresent(golden -> {
          tests.add(
              dynamicTest(
                  "golden file", () -> assertEquals(golden.sha256(), sha256(golden.bytes()))));
          List<String> kinds = GoldenBlocks.rowKinds();
          for (int row = 0; row < kinds.size(); row++) {
            tests.add(
                quantizesRow(kinds.get(row), row, codec, importance, golden.bytes(), rowBytes));
          }
        });
    return dynamicContainer(variant.name() + suffix, tests);
  }

  private static DynamicTest quantizesRow(
      String kind, int row, Codec codec, Importance importance, byte[] golden, int rowBytes) {
    return dynamicTest(
        kind,
        () -> {
          int columns = GoldenBlocks.COLUMNS;
          float[] values = Arrays.copyOfRange(INPUT, row * columns, (row + 1) * columns);
          byte[] actual = new byte[rowBytes];
          codec.quantize(values, 1, columns, importance, MemorySegment.ofArray(actual), 0);
          byte[] expected = Arrays.copyOfRange(golden, row * rowBytes, (row + 1) * rowBytes);
          assertArrayEquals(expected, actual);
        });
  }

  @TestFactory
  Stream<DynamicTest> dequantizes() {
    return variants()
        .flatMap(variant ->
            Stream.of("", ".imatrix")
                .flatMap(suffix ->
                    GoldenBlocks.of(variant.codec().type(), suffix)
                        .map(golden -> dequantizes(variant, suffix, golden))
                        .stream()));
  }

  private static DynamicTest dequantizes(
      Variant variant, String suffix, GoldenBlocks.Golden golden) {
    return dynamicTest(
        variant.name() + suffix,
        () -> {
          float[] values = new float[INPUT.length];
          variant
              .codec()
              .dequantize(MemorySegment.ofArray(golden.bytes()), 0, values, 0, values.length);
          ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(LITTLE_ENDIAN);
          bytes.asFloatBuffer().put(values);
          assertEquals(golden.dequantizedSha256(), sha256(bytes.array()));
        });
  }

  private static String sha256(byte[] bytes) throws NoSuchAlgorithmException {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }
}
