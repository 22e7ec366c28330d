package dev.zonda.benchmarks;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.quantize.block.Codecs;
import dev.zonda.quantize.block.Importance;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.kernels.KernelChoice;
import dev.zonda.verify.kernels.Kernels;
import dev.zonda.verify.kernels.MatrixProduct;
import dev.zonda.verify.kernels.WeightMatrix;
import dev.zonda.verify.kernels.Workers;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
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

/// The matrix products of a 7B layer on 512 tokens, dequantization included. An operation is 1000
/// floating-point operations, so the score, operations per microsecond, is GFLOPS.
/// [FmaPeakBenchmark] is what the machine could do. The limit of unrolling is the launcher's.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "-XX:LoopUnrollLimit=30"})
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class MatrixProductBenchmark {
  static final int TOKENS = 512;
  static final int HIDDEN = 4096;
  static final int FEED_FORWARD = 14336;

  @Param({"F32", "BF16", "Q8_0", "Q4_K"})
  public TensorType type;

  @Param({"1", "2"})
  public int threads;

  private final Arena arena = Arena.ofShared();
  private Workers workers;
  private MatrixProduct product;
  private WeightMatrix square;
  private WeightMatrix up;
  private WeightMatrix down;
  private Activations narrow;
  private Activations narrowOut;
  private Activations wide;

  @Setup(Level.Trial)
  public void prepare() throws IOException {
    Kernels kernels = KernelChoice.best();
    workers = new Workers(threads);
    product = new MatrixProduct(kernels, workers);
    square = matrix(HIDDEN, HIDDEN);
    up = matrix(FEED_FORWARD, HIDDEN);
    down = matrix(HIDDEN, FEED_FORWARD);
    int strips = TOKENS / kernels.lanes();
    narrow = Activations.of(strips, HIDDEN, kernels.lanes());
    narrowOut = Activations.of(strips, HIDDEN, kernels.lanes());
    wide = Activations.of(strips, FEED_FORWARD, kernels.lanes());
    Arrays.fill(narrow.values(), 0.5f);
    Arrays.fill(wide.values(), 0.5f);
  }

  @TearDown(Level.Trial)
  public void close() {
    workers.close();
    arena.close();
  }

  @Benchmark
  @OperationsPerInvocation((int) (2L * TOKENS * HIDDEN * HIDDEN / 1000))
  public Activations square() throws IOException {
    product.multiply(square, narrow, narrowOut);
    return narrowOut;
  }

  @Benchmark
  @OperationsPerInvocation((int) (2L * TOKENS * HIDDEN * FEED_FORWARD / 1000))
  public Activations up() throws IOException {
    product.multiply(up, narrow, wide);
    return wide;
  }

  @Benchmark
  @OperationsPerInvocation((int) (2L * TOKENS * HIDDEN * FEED_FORWARD / 1000))
  public Activations down() throws IOException {
    product.multiply(down, wide, narrowOut);
    return narrowOut;
  }

  private WeightMatrix matrix(int rows, int columns) throws IOException {
    TensorInfo tensor = new TensorInfo(new TensorSpec("weights", type, Shape.of(rows, columns)), 0);
    MemorySegment blocks = arena.allocate(tensor.bytes());
    Random random = new Random(1);
    float[] row = new float[columns];
    for (int i = 0; i < columns; i++) {
      row[i] = 0.02f * (float) random.nextGaussian();
    }
    for (int i = 0; i < rows; i++) {
      Codecs.of(type)
          .orElseThrow()
          .quantize(row, 1, columns, Importance.NONE, blocks, i * tensor.rowBytes());
    }
    return new WeightMatrix(new OneTensor(tensor, blocks), tensor);
  }
}
