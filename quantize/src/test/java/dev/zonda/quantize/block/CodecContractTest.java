package dev.zonda.quantize.block;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.kernel.Samples;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// What [Codec] promises, for every codec.
class CodecContractTest {
  private static final byte UNTOUCHED = (byte) 0xa5;

  static Stream<Codec> codecs() {
    return Stream.of(TensorType.values()).flatMap(type -> Codecs.of(type).stream());
  }

  private static List<Importance> importances(Codec codec, int columns) {
    return Samples.importances(codec, columns, 1);
  }

  private static Importance importance(Codec codec, int columns) {
    return importances(codec, columns).getFirst();
  }

  /// A row length that is a whole number of blocks, and no power of two.
  private static int rowLength(Codec codec) {
    return 3 * Math.max(32, codec.type().blockSize());
  }

  private static byte[] quantize(
      Codec codec, float[] values, int rowLength, Importance importance) {
    byte[] out = new byte[(int) codec.type().byteSize(values.length)];
    codec.quantize(
        values, values.length / rowLength, rowLength, importance, MemorySegment.ofArray(out), 0);
    return out;
  }

  @ParameterizedTest
  @MethodSource("codecs")
  void severalRowsAtOnceEqualRowByRow(Codec codec) {
    int columns = rowLength(codec);
    int rowBytes = (int) codec.type().byteSize(columns);
    for (int rows : new int[] {1, 2, 5, 11, 67}) {
      float[] values = Samples.HEAVY_TAILED.values(rows * columns, rows);
      for (Importance importance : importances(codec, columns)) {
        byte[] together = quantize(codec, values, columns, importance);
        for (int row = 0; row < rows; row++) {
          float[] one = Arrays.copyOfRange(values, row * columns, (row + 1) * columns);
          assertArrayEquals(
              quantize(codec, one, columns, importance),
              Arrays.copyOfRange(together, row * rowBytes, (row + 1) * rowBytes),
              "row " + row + " of " + rows);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("codecs")
  void saysWhetherImportanceMakesADifference(Codec codec) {
    int columns = rowLength(codec);
    float[] values = Samples.NORMAL.values(columns, 3);
    float[] weights = Samples.POSITIVE.values(columns, 4);
    byte[] weighted = quantize(codec, values, columns, new Importance.Columns(weights));
    if (codec.requiresImportance()) {
      assertTrue(codec.takesImportance());
    } else {
      byte[] plain = quantize(codec, values, columns, Importance.NONE);
      assertEquals(codec.takesImportance(), !Arrays.equals(plain, weighted));
    }
  }

  /// As the reference has it: why such columns are worth a warning. The other types that take
  /// weights make something else of them, which is no better.
  @ParameterizedTest
  @EnumSource(
      names = {
        "Q4_0", "Q5_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ1_S", "IQ1_M", "IQ2_XXS",
        "IQ4_NL", "IQ4_XS"
      })
  void blocksWithoutAnyWeightBecomeZeros(TensorType type) {
    Codec codec = Codecs.of(type).orElseThrow();
    int columns = 3 * 256;
    float[] values = Samples.NORMAL.values(columns, 5);
    float[] weights = Samples.POSITIVE.values(columns, 6);
    Arrays.fill(weights, 256, 512, 0);
    float[] found = new float[columns];
    byte[] bytes = quantize(codec, values, columns, new Importance.Columns(weights));
    codec.dequantize(MemorySegment.ofArray(bytes), 0, found, 0, columns);
    for (int i = 256; i < 512; i++) {
      assertEquals(0f, Math.abs(found[i]), "column " + i);
    }
  }

  @ParameterizedTest
  @MethodSource("codecs")
  void writesNothingButItsRowsToHeapAndNativeSegments(Codec codec) {
    int columns = rowLength(codec);
    float[] values = Samples.NORMAL.values(3 * columns, 7);
    byte[] expected = quantize(codec, values, columns, importance(codec, columns));
    int before = 13;
    int after = 5;
    try (Arena arena = Arena.ofConfined()) {
      for (MemorySegment out :
          List.of(
              MemorySegment.ofArray(new byte[before + expected.length + after]),
              arena.allocate(before + expected.length + after))) {
        out.fill(UNTOUCHED);
        codec.quantize(values, 3, columns, importance(codec, columns), out, before);
        byte[] actual = out.toArray(ValueLayout.JAVA_BYTE);
        byte[] framed = new byte[actual.length];
        Arrays.fill(framed, UNTOUCHED);
        System.arraycopy(expected, 0, framed, before, expected.length);
        assertArrayEquals(framed, actual);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("codecs")
  void readsAnyRunOfBlocksFromHeapAndNativeSegments(Codec codec) {
    int block = codec.type().blockSize();
    int columns = 40 * block;
    float[] values = Samples.HEAVY_TAILED.values(columns, 3);
    byte[] blocks = quantize(codec, values, columns, importance(codec, columns));
    float[] all = new float[columns];
    codec.dequantize(MemorySegment.ofArray(blocks), 0, all, 0, columns);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment nativeBlocks = arena.allocate(blocks.length + 3);
      MemorySegment.copy(blocks, 0, nativeBlocks, ValueLayout.JAVA_BYTE, 3, blocks.length);
      for (int first = 0; first < 40; first += 3) {
        for (int count = 0; count <= 40 - first; count += 1 + count / 2) {
          float[] expected = new float[count * block + 4];
          Arrays.fill(expected, -1);
          System.arraycopy(all, first * block, expected, 2, count * block);
          float[] actual = new float[expected.length];
          Arrays.fill(actual, -1);
          long at = (long) first * codec.type().blockBytes();
          codec.dequantize(MemorySegment.ofArray(blocks), at, actual, 2, count * block);
          assertArrayEquals(expected, actual);
          Arrays.fill(actual, -1);
          codec.dequantize(nativeBlocks, 3 + at, actual, 2, count * block);
          assertArrayEquals(expected, actual);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("codecs")
  void survivesAnyValues(Codec codec) {
    int columns = rowLength(codec);
    for (Samples samples : Samples.values()) {
      float[] values = samples.values(9 * columns, 11);
      for (Importance importance : importances(codec, columns)) {
        byte[] blocks = quantize(codec, values, columns, importance);
        codec.dequantize(MemorySegment.ofArray(blocks), 0, values.clone(), 0, values.length);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("codecs")
  void refusesWhatDoesNotFit(Codec codec) {
    int columns = rowLength(codec);
    float[] values = new float[2 * columns];
    long bytes = codec.type().byteSize(2L * columns);
    MemorySegment exact = MemorySegment.ofArray(new byte[(int) bytes]);
    MemorySegment small = exact.asSlice(0, bytes - 1);
    Importance any = importance(codec, columns);
    Class<IndexOutOfBoundsException> bounds = IndexOutOfBoundsException.class;
    assertThrows(bounds, () -> codec.quantize(values, 2, columns, any, small, 0));
    assertThrows(bounds, () -> codec.quantize(values, 2, columns, any, exact, 1));
    assertThrows(bounds, () -> codec.quantize(values, 3, columns, any, exact, 0));
    assertThrows(bounds, () -> codec.dequantize(small, 0, values, 0, values.length));
    assertThrows(bounds, () -> codec.dequantize(exact, 1, values, 0, values.length));
    assertThrows(bounds, () -> codec.dequantize(exact, 0, values, 1, values.length));
    if (codec.type().isQuantized()) {
      assertThrows(
          IllegalArgumentException.class,
          () -> codec.quantize(values, 1, columns - 1, any, exact, 0));
      assertThrows(
          IllegalArgumentException.class, () -> codec.dequantize(exact, 0, values, 0, columns - 1));
      assertThrows(
          IllegalArgumentException.class,
          () ->
              codec.quantize(
                  values, 2, columns, new Importance.Columns(new float[columns - 1]), exact, 0));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"IQ1_S", "IQ2_XXS", "IQ2_XS"})
  void refusesToWorkWithoutTheWeightsThatTheTypeRequires(TensorType type) {
    Codec codec = Codecs.of(type).orElseThrow();
    byte[] out = new byte[type.blockBytes()];
    Arrays.fill(out, UNTOUCHED);
    byte[] before = out.clone();
    float[] values = Samples.NORMAL.values(type.blockSize(), 1);
    IllegalArgumentException refusal =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                codec.quantize(
                    values, 1, values.length, Importance.NONE, MemorySegment.ofArray(out), 0));
    assertTrue(refusal.getMessage().contains(type + " "), refusal.getMessage());
    assertTrue(refusal.getMessage().contains("importance"), refusal.getMessage());
    assertArrayEquals(before, out);
  }

  @ParameterizedTest
  @MethodSource("codecs")
  void isTheCodecOfItsType(Codec codec) {
    assertEquals(codec.type(), Codecs.of(codec.type()).orElseThrow().type());
    assertEquals(codec.getClass(), Codecs.of(codec.type()).orElseThrow().getClass());
  }
}
