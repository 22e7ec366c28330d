package dev.zonda.benchmarks;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.block.Codec;
import dev.zonda.quantize.block.Codecs;
import dev.zonda.quantize.block.Importance;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Times the codecs against the reference's in one process: thread CPU time of both sides, measured
/// in alternation, so that neighbours on the machine slow both down alike; and compares the bytes.
///
/// Each type gets a JVM of its own, started with this one's options: what the compiler learned from
/// one type must not speed up or slow down the next.
///
/// ```
/// java --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED
///     -cp zonda-benchmarks.jar dev.zonda.benchmarks.ReferenceComparison LIBRARY [PAIRS [TYPE...]]
/// ```
///
/// LIBRARY is a `libggml-base.so`; without `PAIRS` there are nine.
final class ReferenceComparison {
  static final List<TensorType> TYPES =
      List.of(
          TensorType.F16,
          TensorType.BF16,
          TensorType.Q8_0,
          TensorType.Q4_0,
          TensorType.Q4_1,
          TensorType.Q5_0,
          TensorType.Q5_1,
          TensorType.Q2_K,
          TensorType.Q3_K,
          TensorType.Q4_K,
          TensorType.Q5_K,
          TensorType.Q6_K,
          TensorType.IQ4_NL,
          TensorType.IQ4_XS);

  private static final int PAIRS = 9;

  /// CPU time of one measurement, and of our side before the first.
  private static final long SAMPLE_NANOS = 100_000_000;

  private static final long WARM_UP_NANOS = 4_000_000_000L;

  private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
  private final CodecBenchmark work = new CodecBenchmark();

  private ReferenceComparison() {}

  /// Medians over all pairs; rates in millions of weights per second.
  record Result(double rate, double referenceRate, List<Double> ratios, boolean sameBytes) {
    static final String HEADER =
        String.format(
            "%-8s %-8s %10s %10s %8s %15s  %s",
            "type", "weights", "zonda", "reference", "ratio", "(least-most)", "bytes");

    String line(TensorType type, String weights) {
      List<Double> sorted = ratios.stream().sorted().toList();
      return String.format(
          Locale.ROOT,
          "%-8s %-8s %10.1f %10.1f %8.2f %15s  %s",
          type,
          weights,
          rate,
          referenceRate,
          sorted.get(sorted.size() / 2),
          String.format(Locale.ROOT, "(%.2f-%.2f)", sorted.getFirst(), sorted.getLast()),
          sameBytes ? "same" : "DIFFERENT");
    }
  }

  public static void main(String[] args) throws IOException, InterruptedException {
    if (args.length < 1) {
      System.err.println("usage: ReferenceComparison LIBRARY [PAIRS [TYPE...]]");
      System.exit(2);
    }
    int pairs = args.length < 2 ? PAIRS : Integer.parseInt(args[1]);
    List<TensorType> types =
        args.length < 3 ? TYPES : Arrays.stream(args).skip(2).map(TensorType::valueOf).toList();
    if (types.size() == 1) {
      ReferenceLibrary library = new ReferenceLibrary(Path.of(args[0]));
      new ReferenceComparison().compare(library, types.getFirst(), pairs);
      return;
    }
    System.out.println(Result.HEADER);
    for (TensorType type : types) {
      List<String> command = new ArrayList<>();
      command.add(ProcessHandle.current().info().command().orElse("java"));
      command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
      command.addAll(List.of("-cp", System.getProperty("java.class.path")));
      command.addAll(
          List.of(ReferenceComparison.class.getName(), args[0], "" + pairs, type.name()));
      int exit = new ProcessBuilder(command).inheritIO().start().waitFor();
      if (exit != 0) {
        System.exit(exit);
      }
    }
  }

  private void compare(ReferenceLibrary library, TensorType type, int pairs) {
    work.type = type;
    work.prepare();
    Codec codec = Codecs.of(type).orElseThrow();
    if (!codec.requiresImportance()) {
      Result result = compare(library, codec, Optional.empty(), pairs);
      System.out.println(result.line(type, "without"));
    }
    Result result = compare(library, codec, Optional.of(work.weights()), pairs);
    System.out.println(result.line(type, "with"));
    work.release();
  }

  /// Alternating measurements of both sides.
  Result compare(ReferenceLibrary library, Codec codec, Optional<float[]> weights, int pairs) {
    ReferenceLibrary.Rows rows =
        library.rows(
            codec.type(), work.values(), CodecBenchmark.ROWS, CodecBenchmark.ROW_LENGTH, weights);
    Importance importance =
        weights.<Importance>map(Importance.Columns::new).orElse(Importance.NONE);
    MemorySegment blocks = work.blocks();
    Runnable ours =
        () ->
            codec.quantize(
                work.values(),
                CodecBenchmark.ROWS,
                CodecBenchmark.ROW_LENGTH,
                importance,
                blocks,
                0);
    boolean same = true;
    for (long nanos = 0; nanos < WARM_UP_NANOS; nanos += SAMPLE_NANOS) {
      rate(ours);
      same = same && blocks.mismatch(rows.quantize()) < 0;
    }
    List<Double> rates = new ArrayList<>();
    List<Double> referenceRates = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    for (int pair = 0; pair < pairs; pair++) {
      rates.add(rate(ours));
      referenceRates.add(rate(rows::quantize));
      ratios.add(rates.getLast() / referenceRates.getLast());
    }
    same = same && blocks.mismatch(rows.quantize()) < 0;
    return new Result(median(rates), median(referenceRates), ratios, same);
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }

  /// Millions of weights per second of CPU time.
  private double rate(Runnable run) {
    long begin = threads.getCurrentThreadCpuTime();
    long spent = 0;
    long weights = 0;
    while (spent < SAMPLE_NANOS) {
      run.run();
      weights += CodecBenchmark.WEIGHTS;
      spent = threads.getCurrentThreadCpuTime() - begin;
    }
    return 1e3 * weights / spent;
  }
}
