package dev.zonda.quantize.block;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.kernel.KernelChoice;
import dev.zonda.quantize.kernel.LaneAffineSearch;
import dev.zonda.quantize.kernel.Lanes;
import dev.zonda.quantize.kernel.Samples;
import dev.zonda.quantize.kernel.ScalarKernels;
import dev.zonda.quantize.kernel.VectorKernels;
import dev.zonda.quantize.kernel.Vectors;
import dev.zonda.quantize.levels.AffineSearch;
import dev.zonda.quantize.levels.Fits;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// The vector kernels give the same bits as the scalar ones, on every kind of value.
@Tag("vector")
class KernelTwinsTest {
  private static final int COLUMNS = 768;
  private static final int ROWS = 3;

  static Stream<TensorType> types() {
    return Stream.of(TensorType.values())
        .filter(type -> Codecs.of(type, new ScalarKernels()).isPresent());
  }

  @ParameterizedTest
  @MethodSource("types")
  void codecsAgree(TensorType type) {
    Codec scalar = Codecs.of(type, new ScalarKernels()).orElseThrow();
    Codec vector = Codecs.of(type, new VectorKernels()).orElseThrow();
    for (Samples samples : Samples.values()) {
      float[] values = samples.values(ROWS * COLUMNS, 42);
      for (Importance importance : Samples.importances(scalar, COLUMNS, 9)) {
        byte[] expected = quantize(scalar, values, importance);
        assertArrayEquals(expected, quantize(vector, values, importance), samples.name());
        assertArrayEquals(
            dequantize(scalar, expected), dequantize(vector, expected), samples.name());
      }
    }
  }

  private static byte[] quantize(Codec codec, float[] values, Importance importance) {
    byte[] out = new byte[(int) codec.type().byteSize(values.length)];
    codec.quantize(values, ROWS, COLUMNS, importance, MemorySegment.ofArray(out), 0);
    return out;
  }

  /// As bits, so that NaNs and signed zeros are compared too.
  private static int[] dequantize(Codec codec, byte[] blocks) {
    float[] values = new float[ROWS * COLUMNS];
    codec.dequantize(MemorySegment.ofArray(blocks), 0, values, 0, values.length);
    return IntStream.range(0, values.length).map(i -> Float.floatToIntBits(values[i])).toArray();
  }

  /// Random bytes are blocks that no quantizer makes: every field takes every value.
  @ParameterizedTest
  @MethodSource("types")
  void codecsReadAnyBytesAlike(TensorType type) {
    byte[] blocks = new byte[(int) type.byteSize(ROWS * COLUMNS)];
    new Random(3).nextBytes(blocks);
    assertArrayEquals(
        dequantize(Codecs.of(type, new ScalarKernels()).orElseThrow(), blocks),
        dequantize(Codecs.of(type, new VectorKernels()).orElseThrow(), blocks));
  }

  @ParameterizedTest
  @EnumSource(AffineSearch.ErrorMeasure.class)
  void searchesAgreeOnAnyNumberOfGroups(AffineSearch.ErrorMeasure measure) {
    for (int groups = 1; groups < 40; groups++) {
      float[] x = Samples.HEAVY_TAILED.values(groups * 16, groups);
      float[] weights = Samples.POSITIVE.values(groups * 16, groups);
      Fits expected = new Fits(groups);
      Fits actual = new Fits(groups);
      AffineSearch.Range range = AffineSearch.Range.weighted(7);
      new AffineSearch(16, range, measure).fit(x, 0, weights, groups, expected);
      new LaneAffineSearch(16, range, measure).fit(x, 0, weights, groups, actual);
      for (int group = 0; group < groups; group++) {
        assertEquals(expected.scale[group], actual.scale[group]);
        assertEquals(expected.negativeMin[group], actual.negativeMin[group]);
        assertEquals(expected.inverse[group], actual.inverse[group]);
        assertEquals(expected.origin[group], actual.origin[group]);
      }
    }
  }

  /// This build has the module: a choice of plain Java would test nothing.
  @Test
  void vectorsAreChosenWhereTheModuleIsPresent() {
    assertInstanceOf(VectorKernels.class, KernelChoice.KERNELS);
    int wanted = Integer.getInteger(Vectors.BITS, FloatVector.SPECIES_PREFERRED.vectorBitSize());
    assertEquals(wanted, Lanes.FLOATS.vectorBitSize());
  }
}
