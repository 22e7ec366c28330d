package dev.zonda.benchmarks;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.kernels.AttentionStrip.Sequence;
import dev.zonda.verify.kernels.CausalConvolution;
import dev.zonda.verify.kernels.KernelChoice;
import dev.zonda.verify.kernels.Kernels;
import dev.zonda.verify.kernels.LinearAttention;
import dev.zonda.verify.kernels.Machine;
import dev.zonda.verify.kernels.WeightMatrix;
import dev.zonda.verify.kernels.Workers;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// What a layer of Qwen 3.5 9B that follows the gated delta rule costs on a text, beside the matrix
/// products of its projections. The score is milliseconds for the text.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "-XX:LoopUnrollLimit=30"})
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class LinearAttentionBenchmark {
  private static final int HIDDEN = 4096;
  private static final int KEY_HEADS = 16;
  private static final int HEADS = 32;
  private static final int LENGTH = 128;
  private static final int KEYS = KEY_HEADS * LENGTH;
  private static final int VALUES = HEADS * LENGTH;
  private static final int MIXED = 2 * KEYS + VALUES;
  private static final int SUMMED = 4;

  @Param({"512", "2048"})
  public int tokens;

  @Param({"ADD", "DELTA"})
  public LinearAttention.Update update;

  private final Arena arena = Arena.ofShared();
  private Workers workers;
  private Machine machine;
  private LinearAttention heads;
  private CausalConvolution convolution;
  private WeightMatrix mixed;
  private WeightMatrix gate;
  private WeightMatrix output;
  private Activations hidden;
  private Activations before;
  private Activations sums;
  private Activations values;
  private Activations factors;

  @Setup(Level.Trial)
  public void prepare() throws IOException {
    Kernels kernels = KernelChoice.best();
    workers = new Workers(1);
    machine = Machine.of(kernels, workers);
    heads =
        new LinearAttention(
            KEY_HEADS, HEADS, LENGTH, LENGTH, update, LinearAttention.Sharing.TILES);
    convolution = new CausalConvolution(MIXED, SUMMED, new float[MIXED * SUMMED], new float[0]);
    mixed = matrix(MIXED, HIDDEN);
    gate = matrix(VALUES, HIDDEN);
    output = matrix(HIDDEN, VALUES);
    hidden = activations(HIDDEN, kernels.lanes());
    before = activations(MIXED, kernels.lanes());
    sums = activations(MIXED, kernels.lanes());
    values = activations(VALUES, kernels.lanes());
    factors = activations(HEADS, kernels.lanes());
    Arrays.fill(factors.values(), -0.1f);
  }

  @TearDown(Level.Trial)
  public void close() {
    workers.close();
    arena.close();
  }

  @Benchmark
  public Activations projections() throws IOException {
    machine.product().multiply(mixed, hidden, before);
    machine.product().multiply(gate, hidden, values);
    machine.product().multiply(output, values, hidden);
    return hidden;
  }

  @Benchmark
  public Activations convolution() throws IOException {
    Sequence sequence = new Sequence(0, tokens);
    machine.eachStrip(
        before.strips(),
        (strip, scratch) -> convolution.strip(sequence, strip, before, sums, scratch));
    return sums;
  }

  @Benchmark
  public Activations heads() throws IOException {
    Sequence sequence = new Sequence(0, tokens);
    LinearAttention.Inputs inputs =
        new LinearAttention.Inputs(
            before.part(0, KEYS),
            before.part(KEYS, KEYS),
            before.part(2 * KEYS, VALUES),
            factors,
            factors);
    machine.eachStrip(
        HEADS,
        (head, scratch) -> heads.head(machine.kernels(), sequence, head, inputs, values, scratch));
    return values;
  }

  private Activations activations(int features, int lanes) {
    Activations some = Activations.of(Math.ceilDiv(tokens, lanes), features, lanes);
    Arrays.fill(some.values(), 0.01f);
    return some;
  }

  private WeightMatrix matrix(int rows, int columns) throws IOException {
    TensorInfo tensor =
        new TensorInfo(new TensorSpec("weights", TensorType.F32, Shape.of(rows, columns)), 0);
    return new WeightMatrix(new OneTensor(tensor, arena.allocate(tensor.bytes())), tensor);
  }
}
