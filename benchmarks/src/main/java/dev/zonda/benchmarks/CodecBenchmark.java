package dev.zonda.benchmarks;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.block.Codec;
import dev.zonda.quantize.block.Codecs;
import dev.zonda.quantize.block.Importance;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// How many weights per second a codec encodes and decodes, on one core: the score, operations per
/// microsecond, is millions of weights per second.
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class CodecBenchmark {
  /// The size of a chunk that a worker of the pipeline gets: it stays in the second-level cache.
  static final int ROWS = 32;

  static final int ROW_LENGTH = 2048;
  static final int WEIGHTS = ROWS * ROW_LENGTH;

  /// Values that one call dequantizes, from blocks that lie in mapped memory.
  static final int RUN = 2048;

  @Param({
    "F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K",
    "Q6_K", "IQ4_NL", "IQ4_XS", "IQ3_S", "IQ3_XXS", "IQ2_S", "IQ2_XS", "IQ2_XXS", "IQ1_M", "IQ1_S",
    "TQ1_0", "TQ2_0", "MXFP4", "NVFP4", "Q1_0", "Q2_0"
  })
  public TensorType type;

  private final Arena arena = Arena.ofShared();
  private final float[] values = new float[WEIGHTS];
  private final float[] restored = new float[RUN];
  private final float[] weights = new float[ROW_LENGTH];
  private Importance columns;
  private Codec codec;
  private MemorySegment blocks;

  @Setup(Level.Trial)
  public void prepare() {
    Random random = new Random(1);
    for (int i = 0; i < WEIGHTS; i++) {
      values[i] = 0.02f * (float) random.nextGaussian();
    }
    for (int i = 0; i < ROW_LENGTH; i++) {
      weights[i] = (float) Math.exp(random.nextGaussian());
    }
    columns = new Importance.Columns(weights);
    codec = Codecs.of(type).orElseThrow();
    blocks = arena.allocate(type.byteSize(WEIGHTS));
    quantizeWeighted();
  }

  /// Without importance weights, except for types that require them.
  @Benchmark
  @OperationsPerInvocation(WEIGHTS)
  public MemorySegment quantize() {
    Importance importance = codec.requiresImportance() ? columns : Importance.NONE;
    codec.quantize(values, ROWS, ROW_LENGTH, importance, blocks, 0);
    return blocks;
  }

  @Benchmark
  @OperationsPerInvocation(WEIGHTS)
  public MemorySegment quantizeWeighted() {
    codec.quantize(values, ROWS, ROW_LENGTH, columns, blocks, 0);
    return blocks;
  }

  @Benchmark
  @OperationsPerInvocation(WEIGHTS)
  public float[] dequantize() {
    long runBytes = type.byteSize(RUN);
    for (int run = 0; run < WEIGHTS / RUN; run++) {
      codec.dequantize(blocks, run * runBytes, restored, 0, RUN);
    }
    return restored;
  }

  float[] values() {
    return values;
  }

  float[] weights() {
    return weights;
  }

  MemorySegment blocks() {
    return blocks;
  }

  @TearDown(Level.Trial)
  public void release() {
    arena.close();
  }
}
