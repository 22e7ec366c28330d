package dev.zonda.benchmarks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.block.Codec;
import dev.zonda.quantize.block.Codecs;
import dev.zonda.quantize.block.Importance;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.openjdk.jmh.annotations.Param;

/// What is timed is the real work: the benchmark's codec gives the golden bytes, and its methods
/// leave what a plain call would.
class CodecBenchmarkTest {
  @Test
  void everyCodecIsMeasured() throws NoSuchFieldException {
    Set<String> measured =
        Set.of(CodecBenchmark.class.getField("type").getAnnotation(Param.class).value());
    Set<String> types =
        Arrays.stream(TensorType.values())
            .filter(type -> Codecs.of(type).isPresent())
            .map(TensorType::name)
            .collect(Collectors.toSet());
    assertEquals(new TreeSet<>(types), new TreeSet<>(measured));
  }

  @ParameterizedTest
  @EnumSource(
      names = {"F16", "BF16", "Q8_0", "Q4_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ3_S"})
  void timesTheRealWork(TensorType type) throws IOException {
    CodecBenchmark benchmark = new CodecBenchmark();
    benchmark.type = type;
    benchmark.prepare();
    byte[] plain = benchmark.quantize().toArray(ValueLayout.JAVA_BYTE);
    float[] restored = benchmark.dequantize().clone();
    benchmark.quantizeWeighted();
    benchmark.release();

    Codec codec = Codecs.of(type).orElseThrow();
    assertEquals(type.byteSize(CodecBenchmark.WEIGHTS), plain.length);
    float[] last = new float[CodecBenchmark.RUN];
    codec.dequantize(
        MemorySegment.ofArray(plain),
        plain.length - type.byteSize(last.length),
        last,
        0,
        last.length);
    assertArrayEquals(last, restored);

    byte[] golden = Files.readAllBytes(TestData.path("golden/blocks/" + type + ".bin"));
    byte[] bytes = Files.readAllBytes(TestData.path("golden/blocks/input.f32"));
    float[] input = new float[bytes.length / 4];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(input);
    byte[] actual = new byte[golden.length];
    codec.quantize(
        input, input.length / 1024, 1024, Importance.NONE, MemorySegment.ofArray(actual), 0);
    assertArrayEquals(golden, actual);
  }
}
