package dev.zonda.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.block.Codec;
import dev.zonda.quantize.block.Codecs;
import dev.zonda.quantize.block.Importance;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ReferenceComparisonTest {
  /// Path of a `libggml-base.so` built for plain x86-64.
  private static final String LIBRARY = "zonda.referenceLibrary";

  @Test
  void aLineHasTheMedianAndTheRangeOfTheRatios() {
    List<Double> ratios = List.of(5.5, 4.25, 7.0);
    assertEquals(
        "Q4_K     with          100.0       20.0     5.50     (4.25-7.00)  same",
        new ReferenceComparison.Result(100, 20, ratios, true).line(TensorType.Q4_K, "with"));
    assertEquals(
        "Q4_K     with          100.0       20.0     5.50     (4.25-7.00)  DIFFERENT",
        new ReferenceComparison.Result(100, 20, ratios, false).line(TensorType.Q4_K, "with"));
  }

  @Test
  void aMissingLibraryIsTheCallersMistake() {
    assertThrows(
        IllegalArgumentException.class, () -> new ReferenceLibrary(Path.of("no/such/library.so")));
  }

  static Stream<TensorType> types() {
    return ReferenceComparison.TYPES.stream();
  }

  @ParameterizedTest
  @MethodSource("types")
  @EnabledIfSystemProperty(named = LIBRARY, matches = ".+")
  void bothSidesWriteTheSameBytes(TensorType type) {
    CodecBenchmark work = new CodecBenchmark();
    work.type = type;
    work.prepare();
    Codec codec = Codecs.of(type).orElseThrow();
    ReferenceLibrary.Rows rows =
        new ReferenceLibrary(Path.of(System.getProperty(LIBRARY)))
            .rows(
                type,
                work.values(),
                CodecBenchmark.ROWS,
                CodecBenchmark.ROW_LENGTH,
                Optional.of(work.weights()));
    byte[] ours = new byte[(int) type.byteSize(CodecBenchmark.WEIGHTS)];
    codec.quantize(
        work.values(),
        CodecBenchmark.ROWS,
        CodecBenchmark.ROW_LENGTH,
        new Importance.Columns(work.weights()),
        MemorySegment.ofArray(ours),
        0);
    assertEquals(-1, rows.quantize().mismatch(MemorySegment.ofArray(ours)));
    work.release();
  }
}
